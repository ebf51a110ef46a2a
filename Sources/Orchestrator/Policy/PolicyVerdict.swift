/// What a policy comes to at one moment, when its schedules and rules have had their say.
public struct PolicyVerdict: Sendable, Equatable {
  /// The policy with what holds now: mode, preset, `allow` and `deny` of schedules, the mode that a rule asks for, and
  /// weights multiplied by what rules say.
  public var policy: Policy
  /// Why a source may not be used, by its name: denied, not allowed, or avoided by a rule.
  public var exclusions: [String: String]
  /// Those of `exclusions` that a rule avoids: they are better than no source at all.
  public var avoided: Set<String>
  /// What rules multiply the weight of a source by, by its name; 1 is left out.
  public var factors: [String: Double]
  /// Why the mode is not the policy's own; `nil` when it is.
  public var modeReason: String?

  public init(
    policy: Policy, exclusions: [String: String] = [:], avoided: Set<String> = [], factors: [String: Double] = [:],
    modeReason: String? = nil
  ) {
    self.policy = policy
    self.exclusions = exclusions
    self.avoided = avoided
    self.factors = factors
    self.modeReason = modeReason
  }

  /// The fleet as a planner shall see it: sources that may not be used take nobody. Where no other source of an
  /// algorithm is ready, those that a rule avoids stay as they are.
  public func applied(to snapshot: FleetSnapshot) -> FleetSnapshot {
    guard !exclusions.isEmpty else { return snapshot }
    var result = snapshot
    for index in result.sources.indices {
      let source = result.sources[index]
      guard let reason = exclusions[source.name] else { continue }
      let hasOther = snapshot.sources.contains {
        $0.algorithm == source.algorithm && $0.isReady && exclusions[$0.name] == nil
      }
      guard hasOther || !avoided.contains(source.name) else { continue }
      result.sources[index].isReady = false
      result.sources[index].readySeconds = 0
      result.sources[index].trouble = reason
    }
    return result
  }
}
