/// The last decisions that moved someone, each with what it really brought.
public struct DecisionLog: Sendable {
  /// So many are kept; older ones are dropped.
  public static let capacity = 1000

  public struct Entry: Sendable, Equatable, Codable {
    /// 1 for the first of the process.
    public var number: Int
    public var decision: Decision
    /// What the chosen source's revenue was against that of the source that was left, less 1, on average since the
    /// move: 0.03 is three percent more. `nil` before both are known.
    public var realisedGain: Double?
    /// Seconds that the average covers.
    public var observedSeconds: Double
    /// Until the group's next move.
    public var isOpen: Bool
  }

  public private(set) var entries: [Entry] = []
  /// All that were ever appended; entries change between open and closed with it only.
  public private(set) var count = 0
  private var lastLook: Double?

  public init() {}

  /// Closes the group's earlier entry.
  mutating func append(_ decision: Decision) {
    for index in entries.indices where entries[index].isOpen && entries[index].decision.group == decision.group {
      entries[index].isOpen = false
    }
    count += 1
    entries.append(Entry(number: count, decision: decision, realisedGain: nil, observedSeconds: 0, isOpen: true))
    if entries.count > Self.capacity { entries.removeFirst(entries.count - Self.capacity) }
  }

  /// Adds a moment to what open entries realised. `decisions` are the newest of each group.
  mutating func look(_ decisions: [Decision], at now: Double) {
    let elapsed = lastLook.map { max(0, min(60, now - $0)) } ?? 0
    lastLook = now
    guard elapsed > 0 else { return }
    let newest = Dictionary(decisions.map { ($0.group, $0) }) { _, last in last }
    for index in entries.indices where entries[index].isOpen {
      let entry = entries[index]
      guard let decision = newest[entry.decision.group], let from = entry.decision.from, let to = entry.decision.to,
        let left = decision.worth(of: from), let chosen = decision.worth(of: to), left > 0
      else { continue }
      let gain = chosen / left - 1
      let seconds = entry.observedSeconds + elapsed
      entries[index].realisedGain = ((entry.realisedGain ?? 0) * entry.observedSeconds + gain * elapsed) / seconds
      entries[index].observedSeconds = seconds
    }
  }
}

extension Decision {
  /// Revenue times all terms of a source, now; `nil` when it has none.
  public func worth(of source: String) -> Double? {
    guard let score = scores.first(where: { $0.source == source }), let revenue = score.revenue else { return nil }
    return score.terms.reduce(revenue) { $0 * $1.factor }
  }
}
