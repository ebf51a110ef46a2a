import Stratum
import Testing

@Suite("Conduct of a connection")
struct ConductTests {
  let rules = ConductRules()
  let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

  /// Past its grace.
  private var known: Conduct { Conduct(rules, at: start.advanced(bySeconds: -60)) }

  private func steps(_ violation: Violation, _ count: Int, _ conduct: inout Conduct) -> [Conduct.Step] {
    (0..<count).map { _ in conduct.note(violation, rules, at: start) }
  }

  @Test("ten invalid shares in a row: told at the fifth, slowed at the eighth, disconnected at the tenth")
  func invalidShares() {
    var conduct = known
    #expect(
      steps(.invalidShare, 10, &conduct) == [
        .none, .none, .none, .none, .warn, .none, .none, .slow, .none, .disconnect,
      ])
    let evidence = conduct.evidence(rules, at: start)
    #expect(evidence.map(\.violation) == [.invalidShare])
    #expect(evidence.first?.count == 10)
  }

  @Test("five malformed lines disconnect")
  func malformedLines() {
    var conduct = known
    #expect(steps(.malformedLine, 5, &conduct).last == .disconnect)
  }

  @Test("an accepted share takes off what makes one invalid share in a hundred harmless")
  func credit() {
    var conduct = known
    var worst = Conduct.Step.none
    for _ in 0..<1000 {
      worst = max(worst, conduct.note(.invalidShare, rules, at: start))
      for _ in 0..<99 { conduct.accepted(rules, at: start) }
    }
    #expect(worst == .none)
    #expect(conduct.total(rules, at: start) == 0)
  }

  @Test("every second share invalid: disconnected, whatever else it sends")
  func everySecond() {
    var conduct = known
    var shares = 0
    while shares < 100 {
      shares += 1
      if conduct.note(.invalidShare, rules, at: start) == .disconnect { break }
      conduct.accepted(rules, at: start)
    }
    #expect(shares == 12)
  }

  @Test("accepted shares do not make good what is no share")
  func noCredit() {
    var conduct = known
    for _ in 0..<4 { #expect(conduct.note(.malformedLine, rules, at: start) != .disconnect) }
    for _ in 0..<1000 { conduct.accepted(rules, at: start) }
    #expect(conduct.note(.malformedLine, rules, at: start) == .disconnect)
  }

  @Test("ten within five minutes come close, the eleventh disconnects")
  func spread() {
    var conduct = known
    let steps = (0..<11).map { conduct.note(.invalidShare, rules, at: start.advanced(bySeconds: Double($0) * 30)) }
    #expect(steps.last == .disconnect)
    #expect(!steps.dropLast().contains(.disconnect))
  }

  @Test("time halves a score: nine now and nine after two half-lives are not ten")
  func decay() {
    var conduct = known
    for _ in 0..<9 { _ = conduct.note(.invalidShare, rules, at: start) }
    #expect(conduct.total(rules, at: start.advanced(bySeconds: 3000)) == 22.5)
  }

  @Test("what comes right after connecting, or after our own move, is forgiven, up to ten shares")
  func grace() {
    var conduct = Conduct(rules, at: start)
    #expect(steps(.invalidShare, 10, &conduct).allSatisfy { $0 == .none })
    #expect(conduct.total(rules, at: start) == 0)
    _ = conduct.note(.invalidShare, rules, at: start)
    #expect(conduct.total(rules, at: start) == 10)
    conduct.moved(rules, at: start)
    _ = conduct.note(.extranonceAbuse, rules, at: start)
    #expect(conduct.total(rules, at: start) == 10)
    _ = conduct.note(.extranonceAbuse, rules, at: start.advanced(bySeconds: 31))
    #expect(conduct.total(rules, at: start.advanced(bySeconds: 31)) > 25)
  }

  @Test("no grace for what costs us a full verification")
  func noGraceForCost() {
    var conduct = Conduct(rules, at: start)
    #expect(steps(.verificationCost, 4, &conduct).last == .disconnect)
  }

  @Test("only what is the miner's fault is a violation", arguments: RejectReason.allCases)
  func faults(_ reason: RejectReason) {
    let innocent: Set<RejectReason> = [.stale, .storageUnavailable, .busy, .upstreamLost, .upstream]
    #expect((reason.violation == nil) == innocent.contains(reason))
  }
}
