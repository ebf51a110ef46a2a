import Stratum
import Testing

@testable import Pool

@Suite struct WallWaitTests {
  private let start = UnixTime(seconds: 1_800_000_000)

  @Test func `a wait is over when its time is`() {
    let wait = WallWait(seconds: 9.5, from: start)
    #expect(!wait.isOver(at: start))
    #expect(!wait.isOver(at: start.advanced(by: 9)))
    #expect(wait.isOver(at: start.advanced(by: 10)))
  }

  /// Seed 4 of `zion chaos`: the clock was an hour ahead for half a second, and nobody was paid for an hour.
  @Test func `a clock that is set back ends a wait that began when it was ahead`() {
    let ahead = start.advanced(by: 3_600)
    let wait = WallWait(seconds: 10, from: ahead)
    #expect(!wait.isOver(at: ahead.advanced(by: 9)))
    #expect(wait.isOver(at: start.advanced(by: 1)))
  }
}
