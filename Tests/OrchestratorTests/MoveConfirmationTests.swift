import Stratum
import Testing

@testable import Orchestrator

@Suite struct MoveConfirmationTests {
  private func source(accepted: Int = 0, rejected: Int = 0, forwarded: Int = 0, isReady: Bool = true) -> SourceSnapshot
  {
    var source = SourceSnapshot(name: "beta", kind: .upstream, algorithm: .sha256d)
    source.isReady = isReady
    source.counters.sourceAccepted = accepted
    source.counters.sourceRejected = rejected
    source.counters.forwarded = forwarded
    return source
  }

  private let move = MoveConfirmation(
    from: "alpha",
    to: {
      var source = SourceSnapshot(name: "beta", kind: .upstream, algorithm: .sha256d)
      source.isReady = true
      source.counters.sourceAccepted = 7
      source.counters.sourceRejected = 3
      source.counters.forwarded = 10
      return source
    }(), at: 100)

  @Test func `the first share accepted after the move confirms it`() {
    #expect(move.outcome(source(accepted: 7, rejected: 3, forwarded: 10), at: 101) == .pending)
    #expect(move.outcome(source(accepted: 8, rejected: 3, forwarded: 11), at: 101) == .confirmed)
  }

  @Test func `ten refusals are enough, fewer only after two minutes`() {
    #expect(move.outcome(source(accepted: 7, rejected: 12, forwarded: 20), at: 101) == .pending)
    #expect(
      move.outcome(source(accepted: 7, rejected: 13, forwarded: 20), at: 101)
        == .failed("it refused the first 10 shares"))
    #expect(
      move.outcome(source(accepted: 7, rejected: 4, forwarded: 11), at: 220)
        == .failed("it accepted none of 1 shares in 120 s"))
  }

  @Test func `shares that are not answered fail it, no shares do not`() {
    #expect(move.outcome(source(accepted: 7, rejected: 3, forwarded: 10), at: 400) == .pending)
    #expect(
      move.outcome(source(accepted: 7, rejected: 3, forwarded: 12), at: 220) == .failed("it answered no share in 120 s")
    )
  }

  @Test func `a source that is lost before that fails it`() {
    let lost = MoveConfirmation.Outcome.failed("it was lost before its first accepted share")
    #expect(move.outcome(source(accepted: 7, isReady: false), at: 101) == lost)
    #expect(move.outcome(nil, at: 101) == lost)
  }

  @Test func `a source that fails is left alone for a minute, then half as long again, an hour at most`() {
    var backoff = SourceBackoff()
    backoff.failed("beta", because: "it was lost", at: 0)
    #expect(backoff.exclusion("beta", at: 59) == "it was lost; tried again in 1 s")
    #expect(backoff.exclusion("beta", at: 60) == nil)
    backoff.failed("beta", because: "it was lost", at: 60)
    #expect(backoff.exclusion("beta", at: 60) == "it was lost; tried again in 90 s")
    for _ in 0..<30 { backoff.failed("beta", because: "it was lost", at: 1000) }
    #expect(backoff.exclusion("beta", at: 1000) == "it was lost; tried again in 3600 s")
    backoff.succeeded("beta")
    #expect(backoff.exclusion("beta", at: 1000) == nil)
  }
}
