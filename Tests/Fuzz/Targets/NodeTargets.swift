import FoundationEssentials
import Hashing

@testable import Pool
@testable import Stratum

extension FuzzTarget {
  static let nodes = [nodeReply, embeddedBlock]

  /// What a node answers over HTTP; the first byte says to which call.
  private static let nodeReply = FuzzTarget("node-reply", upTo: 16_384) { input in
    guard let call = input.first else { return }
    let body = Data(input.dropFirst())
    switch call & 7 {
    case 0, 1:
      let reply: TemplateReply? = try JSONRPC.result(of: "getblocktemplate", status: 200, body: body)
      for algorithm in [Algorithm.sha256d, .kawpow] {
        if let reply { try mine(try reply.template(for: algorithm)) }
      }
    case 2, 3:
      let reply: DecodedTransaction? = try JSONRPC.result(of: "decoderawtransaction", status: 200, body: body)
      if let reply { try compare(reply) }
    case 4:
      let amounts: [String: CoinAmount]? = try JSONRPC.result(of: "getbalances", status: 200, body: body)
      for amount in (amounts ?? [:]).values {
        try promise(CoinAmount(amount.description) == amount, "\(amount) is read as another amount")
      }
    case 5:
      let text: String? = try JSONRPC.result(of: "submitblock", status: call & 8 == 0 ? 200 : 500, body: body)
      _ = SubmitResult(answer: text)
      if let text, let hash = Hash256(displayHex: text) {
        try promise(hash.displayHex == text.lowercased(), "\(text) is written as \(hash.displayHex)")
      }
    default:
      let _: UInt32? = try JSONRPC.result(of: "getblockcount", status: 200, body: body)
    }
  }

  /// From the template to the job and the whole block.
  private static func mine(_ template: BlockTemplate) throws {
    let plan = CoinbasePlan(
      poolScript: [0x51], fees: [FeeOutput(account: "fee", script: [0x52], basisPoints: 777)], salt: 7)
    let job = try JobTemplate(template: template, plan: plan, using: Kernels())
    let paid = try job.coinbase.fees.reduce(job.poolReward) { try $0.adding($1.amount) }
    try promise(paid == template.coinbaseValue, "a coinbase pays \(paid) of \(template.coinbaseValue)")
    guard job.work(lane: 3) != nil, let block = job.proposal() else { return }
    let transactions = template.transactions.reduce(0) { $0 + $1.bytes.count }
    try promise(block.count > BlockHeader.byteCount + transactions, "a block of \(block.count) bytes")
  }

  /// With a payout whose inputs and first output are worth what this says.
  private static func compare(_ transaction: DecodedTransaction) throws {
    _ = transaction.outPoints
    guard let first = transaction.vout.first, let last = transaction.vout.last,
      let script = Hex.decode(first.scriptPubKey.hex)
    else { return }
    for policy in NetworkFeePolicy.allCases {
      let (fee, amounts) = try transaction.compare(
        asked: [PayoutOutput(address: "A", script: script, amount: first.value.units)], spent: last.value.units,
        fees: policy)
      try promise(fee >= .zero && amounts.allSatisfy { $0 > .zero }, "a fee of \(fee) for \(amounts)")
    }
  }

  /// A block that somebody gives the embedded chain.
  private static let embeddedBlock = FuzzTarget("block") { input in
    let block = try ChainBlock(input, using: Kernels())
    try promise(block.outputs.count <= ChainBlock.maximumOutputs, "\(block.outputs.count) outputs")
  }
}
