/// What an operator is told of without asking.
enum AlertKind: String, CaseIterable, Sendable, Codable {
  case hashrateDrop = "hashrate_drop"
  case noShare = "no_share"
  case noBlock = "no_block"
  case errors
  case unhealthy
  case noMiners = "no_miners"
  case payeeChanged = "payee_changed"
  /// Asked for by `zion alert test`.
  case test

  /// Whether money or work is being lost at this moment.
  var isCritical: Bool {
    switch self {
    case .noShare, .errors, .unhealthy, .payeeChanged: true
    case .hashrateDrop, .noBlock, .noMiners, .test: false
    }
  }
}

/// One message: that something began, or that it is over.
struct Alert: Sendable, Equatable {
  var kind: AlertKind
  var isResolved = false
  /// A sentence with the figures.
  var text: String
}

/// What alerts look at, at one moment. Counts are since start.
struct AlertFacts: Sendable {
  /// Seconds on any clock that only goes forward.
  var at: Double
  /// Hashes per second.
  var hashrate = 0.0
  var miners = 0
  /// Shares that miners were told are accepted.
  var shares = 0
  var blocks = 0
  /// Messages of the log from `error` up.
  var errors = 0
  /// What is wrong with the local pool and its database.
  var troubles: [String] = []
  /// By source: that its blocks began to pay somebody else, in words.
  var payeeChanges: [String: String] = [:]
}

/// Says what began and what is over. A value: the same looks in the same order always say the same.
///
/// Each kind, and of what is a source's own each source, is told once when it begins and once when it is over, and does
/// not begin again before its cool-down.
struct AlertBook: Sendable {
  private struct Topic: Hashable {
    var kind: AlertKind
    /// Empty where it is about the whole.
    var source = ""
  }

  private struct State {
    /// Since when the condition holds.
    var since: Double?
    var isTold = false
    var toldAt: Double?
  }

  private let options: AlertOptions
  private var states: [Topic: State] = [:]
  private var history = RateHistory()
  private var errors = CountHistory(seconds: 60)
  private var shares: Progress?
  private var blocks: Progress?

  /// A count, and when it last grew.
  private struct Progress {
    var count: Int
    var at: Double
  }

  init(_ options: AlertOptions) { self.options = options }

  /// Call it once a second or so.
  mutating func look(_ facts: AlertFacts) -> [Alert] {
    history.note(facts.hashrate, at: facts.at)
    let newErrors = errors.note(facts.errors, at: facts.at)
    let shareAge = Self.age(&shares, facts.shares, at: facts.at)
    let blockAge = Self.age(&blocks, facts.blocks, at: facts.at)
    var alerts: [Alert] = []
    func tell(_ kind: AlertKind, _ text: String?, after seconds: Double = 0, of source: String = "") {
      let topic = Topic(kind: kind, source: source)
      if let alert = judge(topic, text, after: seconds, at: facts.at) { alerts.append(alert) }
    }
    tell(.hashrateDrop, hashrateDrop(facts), after: 120)
    tell(
      .noShare,
      shareAge >= options.noShareSeconds ? "no share was accepted for \(Self.words(shareAge))" : nil)
    tell(.noBlock, blockAge >= options.noBlockSeconds ? "no block was found for \(Self.words(blockAge))" : nil)
    tell(.errors, newErrors > options.errorsPerMinute ? "\(newErrors) errors in the log within a minute" : nil)
    tell(.unhealthy, facts.troubles.first, after: 30)
    tell(
      .noMiners,
      facts.miners < options.minimumMiners
        ? "\(facts.miners) miners are connected, and at least \(options.minimumMiners) should be" : nil, after: 300)
    let payers = states.keys.filter { $0.kind == .payeeChanged }.map(\.source)
    for source in Set(payers).union(facts.payeeChanges.keys).sorted() {
      tell(.payeeChanged, facts.payeeChanges[source], of: source)
    }
    return alerts
  }

  /// `text`: what is wrong; `nil` when nothing is.
  private mutating func judge(_ topic: Topic, _ text: String?, after seconds: Double, at now: Double) -> Alert? {
    var state = states[topic] ?? State()
    defer { states[topic] = state }
    guard let text else {
      let wasTold = state.isTold
      (state.since, state.isTold) = (nil, false)
      return wasTold
        ? Alert(kind: topic.kind, isResolved: true, text: topic.source.isEmpty ? "over" : "\(topic.source): over") : nil
    }
    let since = state.since ?? now
    state.since = since
    let isQuiet = state.toldAt.map { now - $0 < options.cooldownSeconds } ?? false
    guard !state.isTold, now - since >= seconds, !isQuiet else { return nil }
    (state.isTold, state.toldAt) = (true, now)
    return Alert(kind: topic.kind, text: text)
  }

  private func hashrateDrop(_ facts: AlertFacts) -> String? {
    guard let usual = history.usual(at: facts.at), facts.hashrate < usual * (1 - options.hashrateDrop) else {
      return nil
    }
    return "\(Self.percent(1 - facts.hashrate / usual)) of the hashrate of the hour before are gone"
  }

  private static func age(_ progress: inout Progress?, _ count: Int, at now: Double) -> Double {
    // A shard that gives no report makes the sum smaller for a moment.
    guard let known = progress, count <= known.count else {
      progress = Progress(count: count, at: now)
      return 0
    }
    return now - known.at
  }

  private static func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }

  private static func words(_ seconds: Double) -> String {
    let minutes = Int(seconds / 60)
    return minutes >= 120 ? "\(minutes / 60) hours" : "\(minutes) minutes"
  }
}

/// A hashrate of the last hour, a value a minute.
struct RateHistory: Sendable {
  private var values: [(at: Double, rate: Double)] = []

  /// Seconds that the newest values are left out of what is usual: a drop must not make itself usual.
  static let recentSeconds = 600.0
  static let leastValues = 15

  mutating func note(_ rate: Double, at now: Double) {
    guard values.last.map({ now - $0.at >= 60 }) ?? true else { return }
    values.append((now, rate))
    values.removeAll { now - $0.at > 3600 + Self.recentSeconds }
  }

  /// The mean of the hour that ended ten minutes ago; `nil` before a quarter of an hour of it is known, or when it is 0.
  func usual(at now: Double) -> Double? {
    let old = values.filter { now - $0.at >= Self.recentSeconds }
    guard old.count >= Self.leastValues else { return nil }
    let mean = old.reduce(0) { $0 + $1.rate } / Double(old.count)
    return mean > 0 ? mean : nil
  }
}

/// How much a count grew within the last seconds.
struct CountHistory: Sendable {
  let seconds: Double
  private var values: [(at: Double, count: Int)] = []

  init(seconds: Double) { self.seconds = seconds }

  /// - Returns: the growth.
  mutating func note(_ count: Int, at now: Double) -> Int {
    values.append((now, count))
    // One value older than the window is what the growth is counted from.
    while values.count > 1, now - values[1].at >= seconds { values.removeFirst() }
    // A thousand looks are a quarter of an hour; more than that within the window are thinned out.
    if values.count > 1000 { values.remove(at: 1) }
    return count - (values.first?.count ?? count)
  }
}
