import FoundationEssentials
import Stratum

/// A batch as its row holds it: everything that was decided, and where it stands.
struct PayoutForm: Codable, Equatable {
  struct Output: Codable, Equatable {
    var address, script: String
    var amount: Int64
  }

  struct Input: Codable, Equatable {
    var txid: String
    var index: UInt32
  }

  struct Transaction: Codable, Equatable {
    enum Source: String, Codable { case signed, found, named }

    var source: Source
    var txid: String
    var fee: Int64
    var raw: String?
    var inputs: [Input]?
    var amounts: [Int64]?
    var outputs: [String: Int64]?
  }

  var chain, fees, route: String
  var requiredApprovals: Int
  var outputs: [Output]
  var state: String
  var since: UInt32
  var reason: String?
  var confirmations: UInt32?
  var transaction: Transaction?

  init(_ batch: PayoutBatch) {
    let order = batch.order
    (chain, fees, route) = (order.chain, order.fees.rawValue, order.route.rawValue)
    requiredApprovals = order.requiredApprovals
    outputs = order.outputs.map { Output(address: $0.address, script: Hex.encode($0.script), amount: $0.amount.value) }
    state = batch.state.label
    since = batch.since.seconds
    transaction = batch.transaction.map(Transaction.init)
    switch batch.state {
    case .submitting(let refusal): reason = refusal
    case .review(let why, _), .cancelled(let why): reason = why
    case .confirmed(_, let count): confirmations = count
    case .planned, .awaitingApproval, .approved, .signed, .sent, .seen, .final, .conflicted: break
    }
  }

  var json: String {
    get throws(StoreError) {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      do {
        return String(decoding: try encoder.encode(self), as: UTF8.self)
      } catch {
        throw .malformed("a payout batch that cannot be written: \(error)")
      }
    }
  }

  /// The batch of a row.
  static func batch(id: String, pool: String, version: Int64, body: String) throws(StoreError) -> PayoutBatch {
    let form: PayoutForm
    do {
      form = try JSONDecoder().decode(PayoutForm.self, from: Data(body.utf8))
    } catch {
      throw .malformed("the payout batch \(id)")
    }
    guard let id = PayoutBatchID(id), let order = form.order(id: id, pool: pool), let state = form.payoutState else {
      throw .malformed("the payout batch \(id)")
    }
    return PayoutBatch(order: order, state: state, version: version, since: UnixTime(seconds: form.since))
  }

  private func order(id: PayoutBatchID, pool: String) -> PayoutOrder? {
    guard let fees = NetworkFeePolicy(rawValue: fees), let route = PayoutOrder.Route(rawValue: route) else {
      return nil
    }
    let outputs = outputs.compactMap { output in
      Hex.decode(output.script).map {
        PayoutOutput(address: output.address, script: $0, amount: AtomicUnits(output.amount))
      }
    }
    guard outputs.count == self.outputs.count else { return nil }
    return PayoutOrder(
      id: id, pool: pool, chain: chain, outputs: outputs, fees: fees, route: route,
      requiredApprovals: requiredApprovals)
  }

  private var payoutState: PayoutState? {
    let known = transaction?.payoutTransaction
    switch (state, known) {
    case ("planned", _): return .planned
    case ("awaiting_approval", _): return .awaitingApproval
    case ("approved", _): return .approved
    case ("signed", .signed(let payout)): return .signed(payout)
    case ("submitting", _): return .submitting(refusal: reason)
    case ("sent", .some(let transaction)): return .sent(transaction)
    case ("seen", .some(let transaction)): return .seen(transaction)
    case ("confirmed", .some(let transaction)): return .confirmed(transaction, confirmations: confirmations ?? 0)
    case ("final", .some(let transaction)): return .final(transaction)
    case ("conflicted", .some(let transaction)): return .conflicted(transaction)
    case ("review", _): return .review(reason: reason ?? "", known)
    case ("cancelled", _): return .cancelled(reason: reason ?? "")
    default: return nil
    }
  }
}

extension PayoutForm.Transaction {
  init(_ transaction: PayoutTransaction) {
    (txid, fee) = (transaction.txid.displayHex, transaction.fee.value)
    switch transaction {
    case .signed(let payout):
      source = .signed
      raw = Hex.encode(payout.rawTransaction)
      inputs = payout.inputs.map { PayoutForm.Input(txid: $0.txid.displayHex, index: $0.index) }
      amounts = payout.amounts.map(\.value)
    case .found(let match):
      source = .found
      outputs = match.outputs.mapValues(\.value)
    case .named: source = .named
    }
  }

  var payoutTransaction: PayoutTransaction? {
    guard let txid = Hash256(displayHex: txid) else { return nil }
    let fee = AtomicUnits(fee)
    switch source {
    case .signed:
      let points = (inputs ?? []).compactMap { input in
        Hash256(displayHex: input.txid).map { OutPoint(txid: $0, index: input.index) }
      }
      guard let raw = raw.flatMap({ Hex.decode($0) }), points.count == inputs?.count else { return nil }
      return .signed(
        SignedPayout(
          rawTransaction: raw, txid: txid, inputs: points, fee: fee, amounts: (amounts ?? []).map(AtomicUnits.init)))
    case .found:
      return .found(WalletMatch(txid: txid, outputs: (outputs ?? [:]).mapValues(AtomicUnits.init), fee: fee))
    case .named: return .named(txid: txid, fee: fee)
    }
  }
}

extension PayoutState {
  /// For tables, commands and the database.
  public var label: String {
    switch self {
    case .planned: "planned"
    case .awaitingApproval: "awaiting_approval"
    case .approved: "approved"
    case .signed: "signed"
    case .submitting: "submitting"
    case .sent: "sent"
    case .seen: "seen"
    case .confirmed: "confirmed"
    case .final: "final"
    case .conflicted: "conflicted"
    case .review: "review"
    case .cancelled: "cancelled"
    }
  }
}
