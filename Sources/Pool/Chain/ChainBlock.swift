import Stratum

/// A block of the embedded chain, read strictly: a header and a coinbase.
struct ChainBlock: Sendable, Equatable {
  var header: BlockHeader
  /// What was found: the header, or KawPow's nonce and mix hash, which follow it in the block.
  var proof: ShareProof
  /// Double SHA-256 of the header; of a KawPow block its final hash, as on Ravencoin.
  var hash: Hash256
  var coinbaseHash: Hash256
  var coinbaseScript: [UInt8]
  var outputs: [Output]

  struct Output: Sendable, Equatable {
    var value: UInt64
    var script: [UInt8]
  }

  /// More outputs than any fee list needs; a block with more is refused.
  static let maximumOutputs = 1000

  init(_ bytes: [UInt8], using hashes: any HashFunctions) throws(BlockRefusal) {
    do {
      var reader = ByteReader(bytes)
      guard let header = BlockHeader(bytes: try reader.take(BlockHeader.byteCount)) else {
        throw BlockRefusal.malformed
      }
      proof = try Self.proof(header, &reader, using: hashes)
      guard try reader.compactSize() == 1 else { throw BlockRefusal.transactions }
      let start = reader.offset
      (coinbaseScript, outputs) = try Self.coinbase(&reader)
      guard reader.remaining == 0 else { throw BlockRefusal.malformed }
      self.header = header
      hash =
        switch proof {
        case .header(let header): header.withBytes { hashes.sha256d($0) }
        case .kawpow(let proof): hashes.claimedHash(proof)
        }
      coinbaseHash = bytes[start...].withUnsafeBytes { hashes.sha256d($0) }
    } catch let refusal as BlockRefusal {
      throw refusal
    } catch {
      throw .malformed
    }
  }

  private static func proof(
    _ header: BlockHeader, _ reader: inout ByteReader, using hashes: some HashFunctions
  ) throws -> ShareProof {
    guard Algorithm(chainVersion: header.version) == .kawpow else { return .header(header) }
    let nonce = try reader.integer(UInt64.self)
    guard let mix = Hash256(bytes: try reader.take(32).reversed()) else { throw BlockRefusal.malformed }
    return .kawpow(
      KawPowProof(
        headerHash: header.kawpowHeaderHash(using: hashes), height: header.nonce, nonce: nonce, mixHash: mix))
  }

  private static func coinbase(_ reader: inout ByteReader) throws -> (script: [UInt8], outputs: [Output]) {
    _ = try reader.integer(UInt32.self)
    guard try reader.compactSize() == 1, try reader.take(32).allSatisfy({ $0 == 0 }),
      try reader.integer(UInt32.self) == .max
    else { throw BlockRefusal.noCoinbase }
    let script = Array(try reader.counted())
    guard (2...100).contains(script.count) else { throw BlockRefusal.coinbaseLength }
    _ = try reader.integer(UInt32.self)
    let count = try reader.compactSize()
    guard (1...UInt64(maximumOutputs)).contains(count) else { throw BlockRefusal.outputs }
    var outputs: [Output] = []
    for _ in 0..<count {
      let value = try reader.integer(UInt64.self)
      outputs.append(Output(value: value, script: Array(try reader.counted())))
    }
    _ = try reader.integer(UInt32.self)
    return (script, outputs)
  }
}

/// Why the embedded chain refuses a block, in the words that nodes of the Bitcoin family use where they have one.
public enum BlockRefusal: String, Error, Sendable, CaseIterable {
  case malformed = "bad-block-encoding"
  case tooLarge = "bad-blk-length"
  case noCoinbase = "bad-cb-missing"
  case coinbaseLength = "bad-cb-length"
  case transactions = "bad-txns: the embedded chain takes a coinbase only"
  case outputs = "bad-txns-vout"
  case outputScript = "bad-txns-vout-script: not a push of an address"
  case unknownParent = "prev-blk-not-found"
  case tooDeep = "bad-fork-prior-to-checkpoint"
  case algorithm = "bad-version: no enabled algorithm in bits 8 to 11"
  case difficulty = "bad-diffbits"
  case proofOfWork = "high-hash"
  case mixHash = "invalid-mix-hash"
  case tooOld = "time-too-old"
  case tooNew = "time-too-new"
  case merkleRoot = "bad-txnmrklroot"
  case height = "bad-cb-height"
  case amount = "bad-cb-amount"
}

/// An address as an output script of the embedded chain: one push of its ASCII letters, digits and underscores.
enum ChainScript {
  static func paying(_ address: String) -> [UInt8]? {
    let text = Array(address.utf8)
    guard (1...75).contains(text.count), text.allSatisfy(isAddressCharacter) else { return nil }
    return [UInt8(text.count)] + text
  }

  static func address(in script: [UInt8]) -> String? {
    guard let count = script.first, (1...75).contains(count), script.count == Int(count) + 1,
      script.dropFirst().allSatisfy(isAddressCharacter)
    else { return nil }
    return String(decoding: script.dropFirst(), as: UTF8.self)
  }

  private static func isAddressCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
