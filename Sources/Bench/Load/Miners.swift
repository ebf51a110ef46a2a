import Stratum

/// Many simulated miners against one stratum server, on one thread: they log in, search and send real shares, and
/// check every answer.
final class Miners: CrowdListener, ShareSender {
  /// Called with the miner's index when its share was answered.
  var onAnswer: (Int) throws(BenchError) -> Void = { (_) throws(BenchError) in }
  /// Called with the miner's index when a new job came.
  var onJob: (Int) -> Void = { _ in }

  /// While a fan-out is timed: every line counts as a job and is not looked at.
  var countsJobsOnly = false

  private(set) var loggedIn = 0
  private(set) var accepted = 0
  /// Answers that were not `true`, with the first of them as it came.
  private(set) var rejected = 0
  private(set) var staleAtBlock = 0
  private(set) var firstRejection: String?
  private(set) var notifyBytes = 0

  private enum State { case idle, subscribing, authorizing, mining }

  private struct Miner {
    var state = State.idle
    /// The reply to subscribe, read when the login rush is over.
    var subscription: [UInt8] = []
    var job = -1
    var difficulty = -1
    var search: ShareSearch?
    /// Shares found in advance, the next one last.
    var nonces: [UInt32] = []
    /// Where the last search stopped: the same header under a new job id must not give the same share again.
    var nextNonce: UInt32 = 0
    var submit = SubmitLine()
    var unanswered = 0
    /// Shares sent for an older job than the latest clean one; their answers may say stale.
    var outdated = 0
  }

  private var miners: [Miner]
  private let userName: @Sendable (Int) -> String
  private let poller: Poller
  private var crowd: Crowd?
  private var notifies = LineTable()
  private var difficulties = LineTable()
  private var jobs: [Int: HeardJob] = [:]
  private var window = 0..<0

  /// All of one account, each a worker of its own.
  convenience init(count: Int, port: UInt16, userName: String, poller: Poller) {
    self.init(count: count, port: port, poller: poller) { "\(userName).w\($0)" }
  }

  /// - Parameter userName: of the miner with a number.
  init(count: Int, port: UInt16, poller: Poller, userName: @escaping @Sendable (Int) -> String) {
    self.userName = userName
    self.poller = poller
    miners = Array(repeating: Miner(), count: count)
    crowd = Crowd(count: count, port: port, poller: poller, listener: self)
  }

  var count: Int { miners.count }
  var bytesReceived: Int { crowd?.bytesReceived ?? 0 }

  /// Ends all connections.
  func leave() {
    crowd?.closeAll()
    crowd = nil
  }

  // MARK: Login

  /// Connects and logs in all miners, at most `atOnce` unfinished. Returns the seconds from the first connect to
  /// the last miner that is authorized and has a job.
  func logIn(atOnce: Int = 1000, upTo seconds: Double = 120) throws(BenchError) -> Double {
    let start = Clock.now
    window = 0..<min(atOnce, count)
    for i in window { try crowd?.open(i) }
    try poller.run(upTo: seconds, waitingFor: "the logins of \(count) miners") { loggedIn == count }
    return Clock.now.seconds(since: start)
  }

  func connected(_ index: Int) throws(BenchError) {
    miners[index].state = .subscribing
    try send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"zion-bench/1.0\"]}\n", by: index)
  }

  private func send(_ text: String, by index: Int) throws(BenchError) {
    try crowd?.send(Array(text.utf8), by: index)
  }

  private func finishLogin(_ index: Int) throws(BenchError) {
    guard miners[index].state == .authorizing, miners[index].job >= 0 else { return }
    miners[index].state = .mining
    loggedIn += 1
    if window.upperBound < count {
      try crowd?.open(window.upperBound)
      window = 0..<window.upperBound + 1
    }
  }

  func received(_ line: UnsafeRawBufferPointer, by index: Int) throws(BenchError) {
    if countsJobsOnly { return onJob(index) }
    guard !line.contains("\"method\"") else { return try notified(line, index) }
    switch miners[index].state {
    case .mining: try answered(line, index)
    case .subscribing where miners[index].subscription.isEmpty:
      miners[index].subscription = Array(line)
      try send("{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"\(user(index))\",\"x\"]}\n", by: index)
    case .subscribing:
      guard line.contains("true") else {
        throw .server("authorize was refused: \(String(decoding: line, as: UTF8.self))")
      }
      miners[index].state = .authorizing
      try finishLogin(index)
    case .idle, .authorizing:
      throw .server("an answer to nothing: \(String(decoding: line, as: UTF8.self))")
    }
  }

  private func user(_ index: Int) -> String { userName(index) }

  private func notified(_ line: UnsafeRawBufferPointer, _ index: Int) throws(BenchError) {
    if line.contains("\"mining.notify\"") {
      notifyBytes = line.count + 1
      miners[index].job = notifies.number(of: line)
      if line.contains("true]") { miners[index].outdated = miners[index].unanswered }
      if let search = miners[index].search { miners[index].nextNonce = search.nextNonce }
      miners[index].search = nil
      miners[index].nonces.removeAll(keepingCapacity: true)
      try finishLogin(index)
      onJob(index)
    } else if line.contains("\"mining.set_difficulty\"") {
      miners[index].difficulty = difficulties.number(of: line)
    } else if line.contains("\"client.") {
      throw .server("miner \(index) was told \(String(decoding: line, as: UTF8.self))")
    }
  }

  // MARK: Shares

  /// Finds shares in advance, so that the clock sees sending and answering only. Goes on serving meanwhile: a proxy
  /// whose upstream is silent for long takes it for dead.
  func prepare(_ range: Range<Int>, shares: Int) throws(BenchError) {
    for i in range {
      if i % 32 == 0 { try poller.turn(waiting: 0) }
      try beginSearch(i)
      while miners[i].nonces.count < shares {
        guard let nonce = try miners[i].search?.next() else { break }
        miners[i].nonces.append(nonce)
        if miners[i].nonces.count % 256 == 0 { try poller.turn(waiting: 0) }
      }
    }
  }

  private func beginSearch(_ index: Int) throws(BenchError) {
    guard miners[index].search == nil else { return }
    guard let subscription = HeardSubscription(reply: miners[index].subscription),
      let heard = try job(miners[index].job)
    else { throw .server("a subscribe reply or job that a miner cannot use") }
    miners[index].search = try ShareSearch(
      subscription: subscription, heard: heard, target: target(of: miners[index].difficulty),
      from: miners[index].nextNonce)
    let extranonce2 = String(repeating: "0", count: 2 * subscription.extranonce2ByteCount)
    miners[index].submit = SubmitLine(
      user: user(index), job: heard.id, extranonce2: extranonce2, nTime: heard.nTimeHex)
  }

  private func job(_ number: Int) throws(BenchError) -> HeardJob? {
    if let job = jobs[number] { return job }
    guard number >= 0 else { return nil }
    let job = HeardJob(notify: notifies[number])
    jobs[number] = job
    return job
  }

  private func target(of number: Int) throws(BenchError) -> Target {
    guard number >= 0, let value = ServerValue(difficulties[number])?["params"]?[0]?.number else {
      throw .server("a job came before any difficulty")
    }
    return Difficulty(clamping: value).target(for: .sha256d)
  }

  /// Sends the miner's next real share.
  func submit(_ index: Int) throws(BenchError) {
    if miners[index].search == nil { try beginSearch(index) }
    let nonce: UInt32
    if let ready = miners[index].nonces.popLast() {
      nonce = ready
    } else {
      guard let found = try miners[index].search?.next() else { return }
      nonce = found
    }
    miners[index].unanswered += 1
    try crowd?.send(miners[index].submit.with(nonce), by: index)
  }

  /// Serves until every share that was sent has its answer.
  func settle(upTo seconds: Double = 30) throws(BenchError) {
    try poller.run(upTo: seconds, waitingFor: "the answers to all shares") {
      miners.allSatisfy { $0.unanswered == 0 }
    }
  }

  private func answered(_ line: UnsafeRawBufferPointer, _ index: Int) throws(BenchError) {
    miners[index].unanswered -= 1
    let wasOutdated = miners[index].outdated > 0
    if wasOutdated { miners[index].outdated -= 1 }
    if line.contains("\"result\":true") {
      accepted += 1
    } else if wasOutdated, line.contains("[21,") {
      staleAtBlock += 1
    } else {
      rejected += 1
      if firstRejection == nil { firstRejection = String(decoding: line, as: UTF8.self) }
    }
    try onAnswer(index)
  }
}
