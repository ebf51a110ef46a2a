/// When one group of miners was moved within the last hour.
struct MoveRecord: Sendable {
  static let windowSeconds = 3600.0

  private var source: String?
  private var moves: [Double] = []

  /// What was really done counts, not what was decided: a decision may be overruled.
  mutating func saw(_ current: String?, at seconds: Double) {
    moves.removeAll { seconds - $0 >= Self.windowSeconds }
    if let source, let current, source != current { moves.append(seconds) }
    if current != nil { source = current }
  }

  var count: Int { moves.count }
}
