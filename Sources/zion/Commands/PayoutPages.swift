import Pool
import Stratum

/// A batch in a few words.
struct PayoutPage: Codable {
  let id: String
  let state: String
  let miners: Int
  let total: String
  let fee: String?
  let txid: String?
  let confirmations: UInt32?
  /// Why it needs a look, or was taken back.
  let reason: String?
  /// Seconds since 1970.
  var createdAt: UInt32?
  var updatedAt: UInt32?

  init(_ batch: PayoutBatch, coin: Coin) {
    id = batch.order.id.text
    state = batch.state.label
    miners = batch.order.outputs.count
    total = coin.text(batch.order.total)
    fee = batch.transaction.map { coin.text($0.fee) }
    txid = batch.transaction?.txid.displayHex
    if case .confirmed(_, let count) = batch.state { confirmations = count } else { confirmations = nil }
    switch batch.state {
    case .review(let why, _), .cancelled(let why): reason = why
    default: reason = nil
    }
  }

  init(_ stored: StoredPayout, coin: Coin) {
    self.init(stored.batch, coin: coin)
    createdAt = stored.createdAt.seconds
    updatedAt = stored.updatedAt.seconds
  }

  static func table(_ all: [StoredPayout], coin: Coin) -> [String] {
    guard !all.isEmpty else { return ["no batch was ever planned"] }
    let pages = all.map { PayoutPage($0, coin: coin) }
    let table = Table(
      ["batch", "created (UTC)", "state", ">miners", ">total \(coin.symbol)", ">fee", "transaction"],
      zip(pages, all).map { page, stored in
        [
          page.id, stored.createdAt.text, page.state, "\(page.miners)", page.total, page.fee ?? "–", page.txid ?? "–",
        ]
      })
    return table.lines + pages.filter { $0.state == "review" }.map { "! \($0.id): \($0.reason ?? "")" }
  }

  /// `2 batches: 1 final, 1 sent`
  static func summary(_ batches: [PayoutBatch], coin: Coin) -> String {
    guard !batches.isEmpty else { return "nobody is to be paid" }
    let states = Dictionary(grouping: batches, by: \.state.label).sorted { $0.key < $1.key }
    let counts = states.map { state, list in
      let total = list.reduce(Int64(0)) { $0 + $1.order.total.value }
      return "\(list.count) \(state) (\(coin.named(AtomicUnits(total))))"
    }
    return
      "\(Table.count(batches.count, "batch").replacing("batchs", with: "batches")): \(counts.joined(separator: ", "))"
  }
}

/// A batch with everything that an approver should look at.
struct PayoutDetail: Codable {
  struct Output: Codable {
    let address: String
    let amount: String
  }

  let batch: PayoutPage
  let pool: String
  let chain: String
  let route: String
  let networkFeePaidBy: String
  /// Hex of SHA-256 over the batch: what approvers sign.
  let digest: String
  let requiredApprovals: Int
  /// Ids of keys.
  let approvedBy: [String]
  let rejectedBy: [String]
  let refusedApprovals: [String]
  let outputs: [Output]

  init(_ batch: PayoutBatch, tally: ApprovalTally, coin: Coin) {
    let order = batch.order
    self.batch = PayoutPage(batch, coin: coin)
    (pool, chain, route) = (order.pool, order.chain, order.route.rawValue)
    networkFeePaidBy = order.fees.rawValue
    digest = Hex.encode(order.digest)
    requiredApprovals = order.requiredApprovals
    approvedBy = tally.approvedBy.map(\.id)
    rejectedBy = tally.rejectedBy.map(\.id)
    refusedApprovals = tally.refused.map { "\($0)" }
    outputs = order.outputs.map { Output(address: $0.address, amount: coin.text($0.amount)) }
  }

  var lines: [String] {
    var lines = [
      "batch       \(batch.id)", "state       \(batch.state)\(batch.reason.map { ": \($0)" } ?? "")",
      "pool        \(pool) on \(chain), by \(route); the network fee is paid by the \(networkFeePaidBy)",
      "total       \(batch.total) to \(Table.count(batch.miners, "miner"))", "digest      \(digest)",
    ]
    if let txid = batch.txid { lines.append("transaction \(txid), fee \(batch.fee ?? "?")") }
    if requiredApprovals > 0 {
      let names = approvedBy.isEmpty ? "nobody yet" : approvedBy.joined(separator: ", ")
      lines.append("approvals   \(approvedBy.count) of \(requiredApprovals): \(names)")
    }
    if !rejectedBy.isEmpty { lines.append("rejected by \(rejectedBy.joined(separator: ", "))") }
    lines += refusedApprovals.map { "! does not count: \($0)" }
    return lines + [""] + Table(["address", ">amount"], outputs.map { [$0.address, $0.amount] }).lines
  }
}
