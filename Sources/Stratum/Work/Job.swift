/// Names a job to miners: unique in a shard and growing with every job it sends, so that a session can tell by
/// comparison which of its agreements (extranonce, difficulty, mask) held when a job was sent.
///
/// On the wire: eight hex digits (old firmware has fixed buffers).
public struct JobID: Hashable, Sendable, Comparable {
  public var value: UInt32
  public init(_ value: UInt32) { self.value = value }
  public static func < (a: JobID, b: JobID) -> Bool { a.value < b.value }
}

/// A stream of jobs that a group of sessions shares: one upstream connection, or one lane of the local pool.
public struct FeedID: Hashable, Sendable {
  public var value: UInt32
  public init(_ value: UInt32) { self.value = value }
}

/// Work as one feed sends it out: the memory by which a late share is judged and delivered.
public struct Job: Sendable, Codable {
  public let id: JobID
  public let feed: FeedID
  public let work: Work
  /// The source's own name for it, sent back with a share.
  public let sourceJobID: String
  /// Shares that meet this are of use to the source; a session's target is never harder than this.
  public let sourceTarget: Target
  /// Version bits that a miner may roll on this job; 0 for none.
  public let versionMask: UInt32
  /// The nTime that was sent: the work's own, or later when the same work was sent again.
  public let nTime: UnixTime

  public init(
    id: JobID, feed: FeedID, work: Work, sourceJobID: String, sourceTarget: Target, versionMask: UInt32,
    nTime: UnixTime
  ) {
    self.id = id
    self.feed = feed
    self.work = work
    self.sourceJobID = sourceJobID
    self.sourceTarget = sourceTarget
    self.versionMask = versionMask
    self.nTime = nTime
  }
}
