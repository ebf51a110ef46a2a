/// What is different at certain hours of certain days.
public struct PolicySchedule: Sendable, Equatable {
  public enum Day: String, Sendable, CaseIterable {
    case monday = "mon"
    case tuesday = "tue"
    case wednesday = "wed"
    case thursday = "thu"
    case friday = "fri"
    case saturday = "sat"
    case sunday = "sun"
  }

  /// The days on which it begins; where it lasts past midnight, it ends on the next day.
  public var days: Set<Day>
  /// Minutes since midnight, 0 to 1440. An end before the beginning is on the next day; `from` counts, `to` does not.
  public var fromMinute: Int
  public var toMinute: Int
  /// Minutes that its clock is ahead of UTC, -840 to 840. It knows no summer time.
  public var zoneMinutes: Int
  public var change: Change

  public init(
    days: Set<Day> = Set(Day.allCases), fromMinute: Int, toMinute: Int, zoneMinutes: Int = 0, change: Change
  ) {
    self.days = days
    self.fromMinute = fromMinute
    self.toMinute = toMinute
    self.zoneMinutes = zoneMinutes
    self.change = change
  }

  /// What is `nil` stays as it is.
  public struct Change: Sendable, Equatable {
    public var mode: Policy.Mode?
    public var preset: PolicyPreset?
    /// The preset's values, but for what the policy says itself.
    public var decision: DecisionOptions?
    public var minDwellSeconds: Double?
    /// Instead of the policy's own.
    public var allow: [PolicySelector]?
    public var deny: [PolicySelector]?

    public init(
      mode: Policy.Mode? = nil, preset: PolicyPreset? = nil, decision: DecisionOptions? = nil,
      minDwellSeconds: Double? = nil, allow: [PolicySelector]? = nil, deny: [PolicySelector]? = nil
    ) {
      self.mode = mode
      self.preset = preset
      self.decision = decision ?? preset?.decision
      self.minDwellSeconds = minDwellSeconds ?? preset?.minDwellSeconds
      self.allow = allow
      self.deny = deny
    }
  }

  /// - Parameter wallSeconds: since 1970, UTC.
  public func holds(atWallSeconds wallSeconds: Int) -> Bool {
    let minutes = Self.floorDivide(wallSeconds, 60) + zoneMinutes
    let day = Self.floorDivide(minutes, 1440)
    let minute = minutes - day * 1440
    if fromMinute < toMinute { return begins(onDay: day) && (fromMinute..<toMinute).contains(minute) }
    return minute >= fromMinute && begins(onDay: day) || minute < toMinute && begins(onDay: day - 1)
  }

  /// - Parameter day: since 1970-01-01, which was a Thursday.
  private func begins(onDay day: Int) -> Bool {
    let index = day + 3 - Self.floorDivide(day + 3, 7) * 7
    return days.contains(Day.allCases[index])
  }

  private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : (a + 1) / b - 1 }
}

extension Policy {
  /// The policy as it is at that time: with every schedule that holds, in their order.
  public func scheduled(atWallSeconds wallSeconds: Int) -> Policy {
    var policy = self
    for schedule in schedules where schedule.holds(atWallSeconds: wallSeconds) {
      let change = schedule.change
      if let mode = change.mode { policy.mode = mode }
      if let preset = change.preset { policy.preset = preset }
      if let decision = change.decision { policy.decision = decision }
      if let seconds = change.minDwellSeconds { policy.minDwellSeconds = seconds }
      if let allow = change.allow { policy.allow = allow }
      if let deny = change.deny { policy.deny = deny }
    }
    return policy
  }

  /// Why a source may not be used, by `allow` and `deny`; `nil` when it may.
  public func exclusion(of source: SourceSnapshot) -> String? {
    if let selector = deny.first(where: { $0.matches(source) }) { return "denied: \(selector)" }
    guard !allow.isEmpty, !allow.contains(where: { $0.matches(source) }) else { return nil }
    return "not allowed: only \(allow.map(\.description).joined(separator: ", or "))"
  }

  /// Where the policy wants a miner to be, whatever its mode says; the first pin that means it holds.
  public func pin(of miner: MinerSnapshot) -> PolicySelector? { pins.first { $0.who.matches(miner) }?.to }
}
