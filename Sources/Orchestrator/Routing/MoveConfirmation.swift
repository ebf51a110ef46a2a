/// A move of a group, until the first share that the new source accepted: only then has it succeeded.
struct MoveConfirmation: Sendable, Equatable {
  /// So long a source may leave shares unanswered or refuse them.
  static let patienceSeconds = 120.0
  /// So many refusals without one accepted share are enough.
  static let refusalsEnough = 10

  let from: String?
  let to: String
  let at: Double
  private let accepted: Int
  private let rejected: Int
  private let forwarded: Int

  enum Outcome: Equatable { case pending, confirmed, failed(String) }

  init(from: String?, to source: SourceSnapshot, at now: Double) {
    self.from = from
    self.to = source.name
    self.at = now
    accepted = Self.accepted(source)
    rejected = Self.rejected(source)
    forwarded = source.counters.forwarded
  }

  /// Of what was sent after the move. A group that finds no share in the time is waited for.
  func outcome(_ source: SourceSnapshot?, at now: Double) -> Outcome {
    guard let source, source.isReady else { return .failed("it was lost before its first accepted share") }
    if Self.accepted(source) > accepted { return .confirmed }
    let refused = Self.rejected(source) - rejected
    if refused >= Self.refusalsEnough { return .failed("it refused the first \(refused) shares") }
    guard now - at >= Self.patienceSeconds else { return .pending }
    if refused > 0 { return .failed("it accepted none of \(refused) shares in \(Int(Self.patienceSeconds)) s") }
    if source.kind == .upstream, source.counters.forwarded > forwarded {
      return .failed("it answered no share in \(Int(Self.patienceSeconds)) s")
    }
    return .pending
  }

  private static func accepted(_ source: SourceSnapshot) -> Int {
    source.kind == .local ? source.counters.toldAccepted : source.counters.sourceAccepted
  }

  private static func rejected(_ source: SourceSnapshot) -> Int {
    source.kind == .local ? source.counters.toldRejected.values.reduce(0, +) : source.counters.sourceRejected
  }
}
