/// When groups were last at sources whose PPLNS window still holds work of theirs.
struct GroupStays: Sendable {
  private struct Place: Hashable {
    let group: MinerGroup
    let source: String
  }

  private struct Stay {
    let from: Double
    let to: Double
  }

  private var stays: [Place: Stay] = [:]
  /// Beyond it everything is forgotten: moves then cost their whole ramp again.
  static let limit = 10_000

  /// The newest stay is remembered of each group and source.
  mutating func left(_ source: String, by group: MinerGroup, since: Double, at now: Double) {
    if stays.count >= Self.limit { stays.removeAll() }
    stays[Place(group: group, source: source)] = Stay(from: since, to: now)
  }

  /// `nil` where the source has no window.
  func ramp(of group: MinerGroup, at source: String, windowSeconds: Double?, now: Double) -> PayoutRamp? {
    guard let windowSeconds, windowSeconds > 0 else { return nil }
    guard !stays.isEmpty, let stay = stays[Place(group: group, source: source)] else {
      return PayoutRamp(windowSeconds: windowSeconds)
    }
    return PayoutRamp(
      windowSeconds: windowSeconds, staySeconds: stay.to - stay.from, sinceStaySeconds: now - stay.to)
  }
}
