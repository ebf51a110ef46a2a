import Stratum

/// Receipts of one shard on their way to whoever keeps them: many at a time.
struct ShardReceipts {
  private static let batch = 256

  private let sink: ReceiptSink?
  private var waiting: [ShareReceipt] = []

  init(_ sink: ReceiptSink?) { self.sink = sink }

  var isKept: Bool { sink != nil }

  /// The share of this ticket was acknowledged.
  mutating func add(_ ticket: ShareTicket, source: String) {
    guard isKept, let miner = ticket.miner else { return }
    waiting.append(ShareReceipt(hash: ticket.hash, work: ticket.work, miner: miner, source: source))
    if waiting.count >= Self.batch { flush() }
  }

  mutating func flush() {
    guard !waiting.isEmpty else { return }
    sink?.take(waiting)
    waiting.removeAll(keepingCapacity: true)
  }
}
