/// A share that its miner was told counts: what the miner may hold against us.
public struct ShareReceipt: Sendable, Equatable {
  public var hash: Hash256
  public var work: ShareWork
  public var miner: MinerIdentity
  /// Whose job it solves.
  public var source: String

  public init(hash: Hash256, work: ShareWork, miner: MinerIdentity, source: String) {
    self.hash = hash
    self.work = work
    self.miner = miner
    self.source = source
  }
}

/// Where receipts go. Taking returns at once and may happen on any thread.
public struct ReceiptSink: Sendable {
  public let take: @Sendable ([ShareReceipt]) -> Void

  public init(_ take: @escaping @Sendable ([ShareReceipt]) -> Void) { self.take = take }
}
