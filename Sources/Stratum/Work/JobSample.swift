/// The newest job of a source, kept so that it can be valued. Immutable, and cheap to pass on.
public struct JobSample: Sendable {
  public let work: Work
  /// Of extranonce1 and extranonce2 together: what lies between the halves of the coinbase.
  public let extranonceByteCount: Int
  /// What of the block goes to the source's miners, where the source knows: the local pool does.
  public let reward: AtomicUnits?
  public let at: MonotonicTime

  public init(work: Work, extranonceByteCount: Int, reward: AtomicUnits? = nil, at: MonotonicTime) {
    self.work = work
    self.extranonceByteCount = extranonceByteCount
    self.reward = reward
    self.at = at
  }
}

extension JobSample: Equatable {
  /// The same job, not only one with the same content.
  public static func == (a: JobSample, b: JobSample) -> Bool { a.work === b.work && a.at == b.at }
}

/// A source told of a new block.
public struct BlockNews: Sendable, Equatable {
  public let position: Work.Content.Position
  public let at: MonotonicTime

  public init(position: Work.Content.Position, at: MonotonicTime) {
    self.position = position
    self.at = at
  }
}
