import Stratum

/// The answer to `getblocktemplate`, as it comes.
///
/// Source: BIP 22, BIP 23, BIP 145.
struct TemplateReply: Decodable, Sendable {
  struct Transaction: Decodable, Sendable {
    var data: String
    /// Missing where there is no segwit; `hash` is the txid then.
    var txid: String?
    var hash: String?
    var fee: Int64?
  }

  var version: Int64
  var previousblockhash: String
  var coinbasevalue: Int64
  var bits: String
  var height: UInt32
  var curtime: UInt32
  var mintime: UInt32?
  var transactions: [Transaction]
  var coinbaseaux: [String: String]?
  var defaultWitnessCommitment: String?
  var longpollid: String?
  var mutable: [String]?
  var capabilities: [String]?
  var sizelimit: Int?

  enum CodingKeys: String, CodingKey {
    case version, previousblockhash, coinbasevalue, bits, height, curtime, mintime, transactions, coinbaseaux
    case defaultWitnessCommitment = "default_witness_commitment"
    case longpollid, mutable, capabilities, sizelimit
  }

  /// The template for `algorithm`.
  /// - Throws: `.malformed` with the field that cannot be.
  func template(for algorithm: Algorithm) throws(NodeError) -> BlockTemplate {
    guard let previous = Hash256(displayHex: previousblockhash) else { throw Self.malformed("previousblockhash") }
    guard let compact = Hex.decode(bits), compact.count == 4 else { throw Self.malformed("bits") }
    let nBits = compact.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let target: Target
    do throws(Target.CompactError) {
      target = try Target(nBits: nBits)
    } catch {
      throw Self.malformed("bits")
    }
    guard coinbasevalue >= 0 else { throw Self.malformed("coinbasevalue") }
    guard let commitment = Self.bytes(defaultWitnessCommitment) else {
      throw Self.malformed("default_witness_commitment")
    }
    guard let flags = Self.bytes(coinbaseaux?["flags"]) else { throw Self.malformed("coinbaseaux.flags") }
    guard let version = UInt32(exactly: version) ?? Int32(exactly: version).map(UInt32.init(bitPattern:)) else {
      throw Self.malformed("version")
    }
    return BlockTemplate(
      algorithm: algorithm, height: height, version: version, previousBlock: previous, nBits: nBits, target: target,
      minTime: UnixTime(seconds: mintime ?? curtime), curTime: UnixTime(seconds: curtime),
      coinbaseValue: AtomicUnits(coinbasevalue), transactions: try transactionList(), coinbaseFlags: flags ?? [],
      witnessCommitment: commitment, longPollID: longpollid, mutable: Set(mutable ?? []),
      sizeLimit: sizelimit ?? 1_000_000)
  }

  private func transactionList() throws(NodeError) -> [TemplateTransaction] {
    var list: [TemplateTransaction] = []
    list.reserveCapacity(transactions.count)
    for transaction in transactions {
      guard let bytes = Hex.decode(transaction.data), !bytes.isEmpty,
        let name = transaction.txid ?? transaction.hash, let txid = Hash256(displayHex: name),
        let wtxid = Hash256(displayHex: transaction.hash ?? name)
      else { throw Self.malformed("transactions") }
      list.append(
        TemplateTransaction(bytes: bytes, txid: txid, wtxid: wtxid, fee: AtomicUnits(transaction.fee ?? 0)))
    }
    return list
  }

  /// `.some(nil)` when there is no text, `nil` when it is not hex.
  private static func bytes(_ text: String?) -> [UInt8]?? {
    guard let text, !text.isEmpty else { return .some(nil) }
    return Hex.decode(text).map { .some($0) }
  }

  private static func malformed(_ field: String) -> NodeError {
    .malformed("getblocktemplate: \(field) is not what it should be")
  }
}
