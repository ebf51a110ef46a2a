import Pool
import Testing

@Suite struct JournalLagTests {
  private func at(_ offset: Int, segment: UInt64 = 1) -> JournalPosition {
    JournalPosition(segment: segment, offset: offset)
  }

  @Test func `a database that has everything is not behind`() {
    var lag = JournalLag()
    #expect(lag.look(end: at(0), taken: at(0), at: 10) == 0)
    #expect(lag.look(end: at(100), taken: at(100), at: 20) == 0)
  }

  @Test func `under steady load it is as far behind as what it has is old`() {
    var lag = JournalLag()
    for second in 0..<600 {
      // A hundred bytes a second; the database has what was there two seconds ago.
      let found = lag.look(end: at(100 * second + 100), taken: at(max(0, 100 * second - 100)), at: Double(second))
      #expect(found <= 2 && (second < 2 || found >= 1), "\(second): \(found)")
    }
  }

  @Test func `while it is away the lag grows by the second, and ends when it has caught up`() {
    var lag = JournalLag()
    #expect(lag.look(end: at(100), taken: at(100), at: 0) == 0)
    for second in 1..<10_000 {
      #expect(lag.look(end: at(100 + second), taken: at(100), at: Double(second)) == Double(second - 1))
    }
    #expect(lag.look(end: at(0, segment: 2), taken: at(0, segment: 2), at: 10_000) == 0)
  }

  @Test func `before the database was heard of, the lag counts from the first look`() {
    var lag = JournalLag()
    #expect(lag.look(end: at(100), taken: nil, at: 5) == 0)
    #expect(lag.look(end: at(100), taken: nil, at: 65) == 60)
  }
}
