/// How long the database is behind the journal, from looks at both.
///
/// While shares keep coming the database never has the newest of them; but what it has was the end of the journal at
/// some earlier look, and that is how far it is behind.
public struct JournalLag: Sendable {
  /// So many looks are remembered; then every second one is forgotten.
  static let markLimit = 4096

  private struct Mark {
    let end: JournalPosition
    let at: Double
  }

  /// Ends that the database has not reached yet, rising.
  private var marks: [Mark] = []

  public init() {}

  /// - Parameters:
  ///   - end: of the journal now.
  ///   - taken: what the database has; `nil` when it has not been heard of yet.
  ///   - seconds: on any clock that only goes forward.
  /// - Returns: seconds, exact to the time between two looks; 0 when it has everything.
  public mutating func look(end: JournalPosition, taken: JournalPosition?, at seconds: Double) -> Double {
    if let taken { marks.removeAll { $0.end <= taken } }
    guard taken.map({ $0 < end }) ?? true else { return 0 }
    if marks.last.map({ $0.end < end }) ?? true {
      if marks.count >= Self.markLimit {
        marks = marks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      }
      marks.append(Mark(end: end, at: seconds))
    }
    return marks.first.map { seconds - $0.at } ?? 0
  }
}
