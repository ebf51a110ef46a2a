import Stratum
import TestSupport

@testable import Pool

/// A node with its wallet and its chain, that does what nodes do at their worst.
struct ModelChain {
  struct Transaction: Equatable {
    var inputs: [OutPoint]
    /// By address; nothing for those of a stranger.
    var pays: [String: Int64]
    var comment: String?
  }

  var transactions: [Hash256: Transaction] = [:]
  private(set) var mempool: Set<Hash256> = []
  /// From the first block on.
  private(set) var blocks: [[Hash256]] = []
  /// What the wallet has heard of.
  private var known: Set<Hash256> = []
  private var next: UInt64 = 1

  /// A transaction of new coins, which nobody knows yet.
  mutating func make(_ outputs: [PayoutOutput], comment: String? = nil) -> Hash256 {
    let pays = Dictionary(uniqueKeysWithValues: outputs.map { ($0.address, $0.amount.value) })
    return add(
      Transaction(inputs: [OutPoint(txid: Sample.hash(1_000_000 + next), index: 0)], pays: pays, comment: comment))
  }

  private mutating func add(_ transaction: Transaction) -> Hash256 {
    defer { next += 1 }
    transactions[Sample.hash(next)] = transaction
    return Sample.hash(next)
  }

  func height(of txid: Hash256) -> Int? { blocks.firstIndex { $0.contains(txid) } }

  func isSpent(_ input: OutPoint) -> Bool { spender(of: input) != nil }

  private func spender(of input: OutPoint) -> (txid: Hash256, height: Int)? {
    for (height, block) in blocks.enumerated() {
      for txid in block where transactions[txid]?.inputs.contains(input) == true { return (txid, height) }
    }
    return nil
  }

  func status(of txid: Hash256) -> TransactionStatus {
    guard known.contains(txid), let transaction = transactions[txid] else { return .unknown }
    if let height = height(of: txid) {
      return .confirmed(confirmations: UInt32(blocks.count - height), block: Sample.hash(UInt64(height)))
    }
    if let spender = transaction.inputs.lazy.compactMap({ spender(of: $0) }).first {
      return .conflicted(depth: UInt32(blocks.count - spender.height))
    }
    return mempool.contains(txid) ? .mempool : .unknown
  }

  /// - Parameter isMoody: it refuses for reasons of its own.
  mutating func receive(_ txid: Hash256, isMoody: Bool) -> BroadcastResult {
    guard let transaction = transactions[txid] else { return .rejected(reason: "TX decode failed") }
    if height(of: txid) != nil { return isMoody ? .rejected(reason: "Missing inputs") : .alreadyKnown }
    if mempool.contains(txid) { return .alreadyKnown }
    if isMoody { return .rejected(reason: "mempool full") }
    if transaction.inputs.contains(where: { isSpent($0) }) { return .rejected(reason: "Missing inputs") }
    known.insert(txid)
    mempool.insert(txid)
    return .accepted
  }

  /// The wallet's own transactions come back by themselves.
  mutating func rebroadcast() {
    for txid in known where status(of: txid) == .unknown { _ = receive(txid, isMoody: false) }
  }

  mutating func forget(_ txid: Hash256) { mempool.remove(txid) }

  mutating func mine(_ chosen: [Hash256]) {
    blocks.append(chosen)
    mempool = mempool.filter { txid in
      !chosen.contains(txid) && transactions[txid]?.inputs.contains { isSpent($0) } == false
    }
  }

  /// The last blocks go; one more than there were comes, empty.
  /// - Parameter keeps: their transactions return to the memory pool.
  mutating func reorganise(depth: Int, keeps: Bool) {
    let lost = blocks.suffix(depth).flatMap(\.self)
    blocks.removeLast(min(depth, blocks.count))
    for _ in 0...depth { blocks.append([]) }
    if keeps { for txid in lost where known.contains(txid) { _ = receive(txid, isMoody: false) } }
  }

  /// Somebody with the wallet's keys spends an input of `txid`, in a block of the next moment.
  mutating func steal(_ txid: Hash256) {
    guard height(of: txid) == nil, let input = transactions[txid]?.inputs.first, !isSpent(input) else { return }
    mine([add(Transaction(inputs: [input], pays: [:]))])
  }

  func matches(comment: String) -> [WalletMatch] {
    known.compactMap { txid in
      guard let transaction = transactions[txid], transaction.comment == comment else { return nil }
      return WalletMatch(txid: txid, outputs: transaction.pays.mapValues { AtomicUnits($0) }, fee: AtomicUnits(5))
    }
  }

  /// What the chain has paid to each address.
  var paid: [String: Int64] {
    var sums: [String: Int64] = [:]
    for txid in blocks.joined() {
      for (address, amount) in transactions[txid]?.pays ?? [:] { sums[address, default: 0] += amount }
    }
    return sums
  }
}
