import Stratum
import TestSupport
import Testing

@testable import Pool

struct StreakTests {
  private func streaks(_ days: [Int], today: Int64) throws -> (current: Int64, longest: Int64) {
    let streaks = Streaks(of: UTCDay.days(days), today: try #require(UTCDay(number: today)))
    return (streaks.current, streaks.longest)
  }

  @Test func `today is not over, yesterday is`() throws {
    #expect(try streaks([], today: 10) == (0, 0))
    #expect(try streaks([8, 9, 10], today: 10) == (3, 3))
    #expect(try streaks([8, 9, 10], today: 11) == (3, 3))
    #expect(try streaks([8, 9, 10], today: 12) == (0, 3))
    #expect(try streaks([1, 2, 3, 4, 9, 10], today: 10) == (2, 4))
  }

  @Test func `the ends of the calendar are no trap`() throws {
    #expect(try streaks([0, 1], today: 0) == (1, 2))
    let last = Int(UTCDay.last)
    #expect(try streaks([last - 1, last], today: Int64(last)) == (2, 2))
    #expect(UTCDay(number: -1) == nil)
    #expect(UTCDay(number: Int64(last) + 1) == nil)
    #expect(UTCDay(UnixTime(seconds: .max)).number == UTCDay.last)
  }

  @Test func `the longest streak is what counting day by day finds`() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let days = (100...160).filter { _ in Int.random(in: 0..<10, using: &random) < 7 }
      var run: Int64 = 0
      var longest: Int64 = 0
      var runs: [Int64] = []
      for day in 100...160 {
        run = days.contains(day) ? run + 1 : 0
        longest = max(longest, run)
        runs.append(run)
      }
      let found = try streaks(days, today: 160)
      #expect(found.longest == longest, "seed \(seed)")
      #expect(found.current == (days.contains(160) ? runs[60] : runs[59]), "seed \(seed)")
    }
  }

  @Test func `a day's text is read exactly`() throws {
    for number in stride(from: 0, through: Int64(UTCDay.last), by: 7) {
      let day = try #require(UTCDay(number: number))
      #expect(UTCDay(day.text) == day)
    }
    #expect(UTCDay("2026-11-24")?.number == 20_781)
    #expect(UTCDay("2024-02-29") != nil)
    for text in [
      "2023-02-29", "2026-11-31", "2026-13-01", "2026-00-01", "2026-01-00", "1969-12-31", "2106-02-08", "2026-1-01",
      "2026-11-24 ", "2026/11/24", "+026-11-24", "٢٠٢٦-11", "", "2026-W48",
    ] {
      #expect(UTCDay(text) == nil, "\(text)")
    }
  }
}
