import Stratum

/// An accepted share as it is kept: what its miner is credited by.
public struct ShareRecord: Equatable, Sendable {
  /// Longest text that is kept; a share with a longer one is not stored (the protocol's limit is the same).
  public static let longestText = Limits.stringBytes

  /// Milliseconds since 1970.
  public var time: UInt64
  /// The proof-of-work hash: the share's name, by which it counts at most once.
  public var hash: Hash256
  public var work: ShareWork
  public var algorithm: Algorithm
  public var height: UInt32
  /// The network's target at the time, in compact form.
  public var nBits: UInt32
  public var miner: MinerIdentity
  public var isBlock: Bool
  public var sourceJobID: String

  public init(
    time: UInt64, hash: Hash256, work: ShareWork, algorithm: Algorithm, height: UInt32, nBits: UInt32,
    miner: MinerIdentity, isBlock: Bool, sourceJobID: String
  ) {
    self.time = time
    self.hash = hash
    self.work = work
    self.algorithm = algorithm
    self.height = height
    self.nBits = nBits
    self.miner = miner
    self.isBlock = isBlock
    self.sourceJobID = sourceJobID
  }

  /// Whether every text fits the record.
  var isStorable: Bool {
    [miner.account, miner.worker, sourceJobID].allSatisfy { $0.utf8.count <= Self.longestText }
  }
}

/// A share with its place in the order of all shares.
public struct NumberedShare: Equatable, Sendable {
  /// Grows by one for each share, across restarts; gaps are shares that were refused.
  public var sequence: UInt64
  public var share: ShareRecord

  public init(sequence: UInt64, share: ShareRecord) {
    self.sequence = sequence
    self.share = share
  }
}

/// Where a record begins in the journal.
public struct JournalPosition: Hashable, Comparable, Sendable {
  public var segment: UInt64
  public var offset: Int

  public init(segment: UInt64, offset: Int) {
    self.segment = segment
    self.offset = offset
  }

  public static func < (a: JournalPosition, b: JournalPosition) -> Bool {
    (a.segment, a.offset) < (b.segment, b.offset)
  }
}
