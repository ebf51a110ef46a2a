import API
import Orchestrator
import Pool
import Stratum

extension BanDesk: BanView {
  func bans() async -> [BanPage] {
    let now = Clocks.wall()
    return state.withLock { $0.book.bans.values.filter { $0.holds(at: now) } }
      .sorted { ($1.since, $0.subject.description) < ($0.since, $1.subject.description) }.map(BanPage.init)
  }

  func explanation(of subject: String) async throws -> BanExplanation {
    let subject = try Self.subject(subject)
    let records = try await database.read { try BanTable.history(of: subject, limit: 100, $0) }
    let now = Self.moment()
    return state.withLock { state in
      var explanation = BanExplanation(
        subject: subject.description, isBanned: state.book.bans[subject]?.holds(at: now.wall) ?? false,
        history: records.map(BanExplanation.Step.init), evidence: [], strikes: 0)
      if case .address(let address) = subject {
        explanation.evidence = state.book.evidence(against: address, at: now.monotonic)
        explanation.strikes = state.book.strikes(of: address, at: now.monotonic)
      }
      return explanation
    }
  }

  func statistics(days: Int) async throws -> BanCounts {
    let since = Clocks.wall().advanced(by: -Int64(days) * 86_400)
    let statistics = try await database.read { try BanStatistics.since(since, $0) }
    func pages(_ counts: [BanStatistics.Count]) -> [BanCounts.Count] {
      counts.map { .init(label: $0.label, count: $0.count) }
    }
    return BanCounts(
      reasons: pages(statistics.reasons), networks: pages(statistics.networks), days: pages(statistics.days))
  }

  func ban(_ order: BanOrderPage, by whom: String) async throws(BanRefusal) -> BanPage {
    let subject = try Self.subject(order.subject)
    guard (order.seconds ?? 1) >= 1, (order.seconds ?? 1) <= 315_360_000 else {
      throw BanRefusal("seconds is 1 to 315360000, or left out")
    }
    let reason: String
    do throws(StartError) {
      reason = try BanOrder.reason(order.reason)
    } catch {
      throw BanRefusal(error.description)
    }
    if let allowed = state.withLock({ $0.book.rules.allowed.first(where: { subject.overlaps($0) }) }) {
      throw BanRefusal("\(subject) is in \(allowed), which bans.allow keeps from every ban")
    }
    return BanPage(add(subject, seconds: order.seconds, reason: reason, by: whom))
  }

  func lift(_ subject: String, by whom: String) async throws(BanRefusal) -> Bool {
    lift(try Self.subject(subject), by: whom) != nil
  }

  private static func subject(_ text: String) throws(BanRefusal) -> BanSubject {
    guard let subject = BanSubject(text) else {
      throw BanRefusal(
        "“\(text.prefix(64))” is nobody who can be banned; write 192.0.2.7, 192.0.2.0/24 or NAME@192.0.2.7",
        isUnknown: true)
    }
    return subject
  }

  /// Those that hold now, by kind.
  var counts: [BanPage.Kind: Int] {
    let now = Clocks.wall()
    return state.withLock { state in
      var counts = Dictionary(uniqueKeysWithValues: BanPage.Kind.allCases.map { ($0, 0) })
      for ban in state.book.bans.values where ban.holds(at: now) { counts[ban.kind, default: 0] += 1 }
      return counts
    }
  }
}

extension Ban {
  fileprivate var kind: BanPage.Kind {
    switch subject {
    case .address: .address
    case .network: .network
    case .name: .name
    }
  }
}

extension BanPage {
  fileprivate init(_ ban: Ban) {
    self.init(
      kind: ban.kind, subject: ban.subject.description, since: Int64(ban.since.seconds),
      until: ban.until.map { Int64($0.seconds) }, reason: ban.reason, by: ban.by, earlier: ban.earlier,
      evidence: ban.evidence)
  }
}

extension BanExplanation.Step {
  fileprivate init(_ record: BanTable.Record) {
    switch record.change {
    case .banned(let ban): self.init(at: Int64(record.at.seconds), ban: BanPage(ban), liftedBy: nil)
    case .lifted(_, let whom): self.init(at: Int64(record.at.seconds), ban: nil, liftedBy: whom)
    }
  }
}
