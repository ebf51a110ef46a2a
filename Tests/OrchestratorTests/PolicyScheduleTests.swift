import Orchestrator
import Stratum
import Testing

@Suite struct PolicyScheduleTests {
  private static let daily = Set(PolicySchedule.Day.allCases)

  /// Seconds since 1970 of a day of November 2026; the 23rd is a Monday.
  private func wall(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int {
    1_795_392_000 + (day - 23) * 86_400 + hour * 3600 + minute * 60
  }

  private func schedule(
    _ days: Set<PolicySchedule.Day>, _ from: Int, _ to: Int, zone: Int = 0
  ) -> PolicySchedule {
    PolicySchedule(
      days: days, fromMinute: from, toMinute: to, zoneMinutes: zone, change: .init(preset: .conservative))
  }

  @Test func `the beginning counts and the end does not`() {
    let office = schedule([.monday], 9 * 60, 17 * 60)
    #expect(office.holds(atWallSeconds: wall(23, 9)))
    #expect(!office.holds(atWallSeconds: wall(23, 9) - 1))
    #expect(office.holds(atWallSeconds: wall(23, 17) - 1))
    #expect(!office.holds(atWallSeconds: wall(23, 17)))
    #expect(!office.holds(atWallSeconds: wall(24, 12)))
    #expect(office.holds(atWallSeconds: wall(30, 12)))
  }

  @Test func `past midnight it belongs to the day on which it began`() {
    let night = schedule([.saturday, .sunday], 22 * 60, 6 * 60)
    #expect(!night.holds(atWallSeconds: wall(28, 3)))
    #expect(night.holds(atWallSeconds: wall(28, 22)))
    #expect(night.holds(atWallSeconds: wall(29, 5, 59)))
    #expect(!night.holds(atWallSeconds: wall(29, 6)))
    #expect(night.holds(atWallSeconds: wall(30, 5)))
    #expect(!night.holds(atWallSeconds: wall(30, 22)))
  }

  @Test func `a day is whole from 00:00 to 24:00`() {
    let sunday = schedule([.sunday], 0, 1440)
    #expect(!sunday.holds(atWallSeconds: wall(29, 0) - 1))
    #expect(sunday.holds(atWallSeconds: wall(29, 0)))
    #expect(sunday.holds(atWallSeconds: wall(30, 0) - 1))
    #expect(!sunday.holds(atWallSeconds: wall(30, 0)))
  }

  @Test func `a zone moves the clock and the day, in summer as in winter`() {
    let east = schedule([.monday], 0, 60, zone: 120)
    #expect(east.holds(atWallSeconds: wall(22, 22)))
    #expect(!east.holds(atWallSeconds: wall(23, 0)))
    let west = schedule([.monday], 23 * 60, 1440, zone: -330)
    #expect(west.holds(atWallSeconds: wall(24, 4, 30)))
    // 2026-06-22 is a Monday too.
    #expect(east.holds(atWallSeconds: wall(22, 22) - 154 * 86_400))
  }

  @Test(arguments: 0..<200) func `each minute of a week is in a schedule or in its complement`(seed: Int) {
    let from = seed * 7 % 1440
    let to = (seed * 131 + 1) % 1440
    guard from != to else { return }
    let (one, other) = (
      schedule(Self.daily, from, to, zone: seed - 100), schedule(Self.daily, to, from, zone: seed - 100)
    )
    let minute = wall(23, 0) + seed * 3001
    #expect(one.holds(atWallSeconds: minute) != other.holds(atWallSeconds: minute))
  }

  @Test func `the last schedule that holds has the last word, and leaves alone what it does not say`() {
    var policy = Policy(mode: .optimizeProfit)
    policy.use(.balanced)
    policy.deny = [PolicySelector(tag: "testing")]
    policy.schedules = [
      schedule(Self.daily, 0, 1440),
      PolicySchedule(
        fromMinute: 12 * 60, toMinute: 13 * 60,
        change: .init(mode: .failover, allow: [PolicySelector(pool: "alpha")], deny: [])),
    ]
    let morning = policy.scheduled(atWallSeconds: wall(23, 8))
    #expect(morning.preset == .conservative && morning.mode == .optimizeProfit && morning.deny == policy.deny)
    #expect(morning.decision == PolicyPreset.conservative.decision)
    let noon = policy.scheduled(atWallSeconds: wall(23, 12))
    #expect(noon.preset == .conservative && noon.mode == .failover)
    #expect(noon.deny.isEmpty && noon.allow == [PolicySelector(pool: "alpha")])
  }
}
