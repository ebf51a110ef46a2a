import FoundationEssentials
import Hashing
import Stratum
import Testing

@testable import Pool

/// KawPow work and blocks, made of a template of a Ravencoin node.
@Suite struct RavencoinTemplateTests {
  private let kernels = Kernels()
  private static let flags: [UInt8] = [0x2f, 0x52, 0x56, 0x4e, 0x2f]

  /// In the form of a Ravencoin Core 4.6 answer; hashes and commitment belong to the transactions.
  private static let recorded = #"""
    {"capabilities":["proposal"],"version":805306368,"rules":["assets","messaging_restricted","transfer_script",
    "enforce","coinbase","p2sh_assets"],"vbavailable":{},"vbrequired":0,
    "previousblockhash":"0000000000003c1b9c3e0f8aafc6b7b0ad5ce6ed55c1ed2b9c3f7f13c7d7a1f4",
    "transactions":[
    {"data":"FIRST","txid":"TXID1","hash":"TXID1","depends":[],"fee":1000,"sigops":1,"weight":244},
    {"data":"SECOND","txid":"TXID2","hash":"WTXID2","depends":[1],"fee":1410,"sigops":1,"weight":437}],
    "coinbaseaux":{"flags":"2f52564e2f"},"coinbasevalue":250000002410,
    "longpollid":"0000000000003c1b9c3e0f8aafc6b7b0ad5ce6ed55c1ed2b9c3f7f13c7d7a1f47812",
    "target":"00000000000047f2000000000000000000000000000000000000000000000000","mintime":1733500001,
    "mutable":["time","transactions","prevblock"],"noncerange":"00000000ffffffff","sigoplimit":80000,
    "sizelimit":8000000,"weightlimit":8000000,"curtime":1733500123,"bits":"1a47f200","height":3599999,
    "default_witness_commitment":"COMMITMENT"}
    """#

  private struct Fixture {
    var transactions: [[UInt8]]
    var txids: [Hash256]
    var commitment: [UInt8]
    var template: BlockTemplate
  }

  private func hash(_ bytes: [UInt8]) -> Hash256 { bytes.withUnsafeBytes { kernels.sha256d($0) } }

  private func fixture() throws -> Fixture {
    let input = [UInt8](repeating: 0xcd, count: 32) + [0, 0, 0, 0]
    let output: [UInt8] = [0xa0, 0x86, 1, 0, 0, 0, 0, 0, 1, 0x51]
    let version: [UInt8] = [2, 0, 0, 0], sequence: [UInt8] = [0xff, 0xff, 0xff, 0xff], lockTime: [UInt8] = [0, 0, 0, 0]
    let first = version + [1] + input + [1, 0x51] + sequence + [1] + output + lockTime
    let stripped = version + [1] + input + [0] + sequence + [1] + output + lockTime
    let second = version + [0, 1, 1] + input + [0] + sequence + [1] + output + [1, 1, 0xaa] + lockTime
    let txids = [hash(first), hash(stripped)]
    let wtxids = [Hash256.zero, hash(first), hash(second)]
    // BIP 141, with the odd leaf paired with itself.
    let top = [hash(wtxids[0].bytes + wtxids[1].bytes), hash(wtxids[2].bytes + wtxids[2].bytes)]
    let root = hash(top[0].bytes + top[1].bytes)
    let commitment = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed] + hash(root.bytes + [UInt8](repeating: 0, count: 32)).bytes
    let text = Self.recorded.filter { $0 != "\n" }.replacing("    ", with: "")
      .replacing("FIRST", with: Hex.encode(first)).replacing("SECOND", with: Hex.encode(second))
      .replacing("WTXID2", with: wtxids[2].displayHex).replacing("TXID1", with: txids[0].displayHex)
      .replacing("TXID2", with: txids[1].displayHex).replacing("COMMITMENT", with: Hex.encode(commitment))
    let reply = try JSONDecoder().decode(TemplateReply.self, from: Data(text.utf8))
    return Fixture(
      transactions: [first, second], txids: txids, commitment: commitment, template: try reply.template(for: .kawpow))
  }

  private func job(_ template: BlockTemplate) throws -> JobTemplate {
    let plan = CoinbasePlan(
      poolScript: [0x51], fees: [FeeOutput(account: "fee", script: [0x52], basisPoints: 100)], salt: 1)
    return try JobTemplate(template: template, plan: plan, using: kernels)
  }

  /// What stands in a block after its 120 bytes of header: the count, the coinbase, and what follows it.
  private func parts(_ block: [UInt8], _ fixture: Fixture) throws -> (coinbase: [UInt8], rest: [UInt8]) {
    try #require(block.count > 121)
    let rest = fixture.transactions[0] + fixture.transactions[1]
    return (Array(block[121..<(block.count - rest.count)]), Array(block.suffix(rest.count)))
  }

  /// Without marker, flag and witness.
  private func stripped(_ coinbase: [UInt8]) -> [UInt8] {
    Array(coinbase[..<4]) + Array(coinbase[6..<(coinbase.count - 38)]) + coinbase.suffix(4)
  }

  @Test func `the template is read whole`() throws {
    let template = try fixture().template
    #expect(template.algorithm == .kawpow && template.height == 3_599_999)
    #expect(template.nBits == 0x1a47_f200 && template.coinbaseValue == AtomicUnits(250_000_002_410))
    #expect(template.coinbaseFlags == Self.flags)
    #expect(template.transactions.count == 2)
    #expect(template.transactions[1].txid != template.transactions[1].wtxid)
  }

  @Test func `the header hash is that of 80 bytes that end with the height, read backwards`() throws {
    let fixture = try fixture()
    let job = try job(fixture.template)
    let work = try #require(job.work(lane: 5))
    let kawpow = try #require(work.kawpow)
    let whole = try #require(
      job.block(
        .kawpow(KawPowProof(headerHash: kawpow.headerHash, height: 3_599_999, nonce: 0, mixHash: .zero)), lane: 5,
        extranonce1: .empty, extranonce2: .empty))
    let header = Array(whole[..<80])
    #expect(Array(header[76...]) == [0x7f, 0xee, 0x36, 0x00])
    #expect(kawpow.headerHash.bytes == hash(header).bytes.reversed())
    #expect(Hex.encode(kawpow.headerHash.bytes) == hash(header).displayHex)
    #expect(Array(header[..<4]) == [0, 0, 0, 0x30])
    #expect(Array(header[4..<36]) == fixture.template.previousBlock.bytes)
    #expect(Array(header[68..<72]) == [0xdb, 0x1c, 0x53, 0x67])
    #expect(Array(header[72..<76]) == [0x00, 0xf2, 0x47, 0x1a])
    #expect(kawpow.height == 3_599_999 && work.height == 3_599_999)
    #expect(kawpow.seedHash == KawPowEpoch(number: 479)?.seedHash)
    #expect(work.nBits == 0x1a47_f200)
  }

  @Test func `a block is header, nonce, mix backwards, and all transactions with their witness`() throws {
    let fixture = try fixture()
    let job = try job(fixture.template)
    let work = try #require(job.work(lane: 7)?.kawpow)
    let mix = try #require(Hash256(bytes: (0..<32).map { UInt8($0 + 1) }))
    let proof = KawPowProof(
      headerHash: work.headerHash, height: work.height, nonce: 0x0102_0304_0506_0708, mixHash: mix)
    let block = try #require(job.block(.kawpow(proof), lane: 7, extranonce1: .empty, extranonce2: .empty))
    #expect(Array(block[80..<88]) == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(Array(block[88..<120]) == (1...32).reversed())
    #expect(block[120] == 3)
    let (coinbase, rest) = try parts(block, fixture)
    #expect(rest == fixture.transactions[0] + fixture.transactions[1])
    // Witness: marker, flag, and one item of 32 zero bytes.
    #expect(coinbase[4..<6] == [0, 1])
    #expect(
      Array(coinbase[(coinbase.count - 38)..<(coinbase.count - 4)]) == [1, 32] + [UInt8](repeating: 0, count: 32))
    #expect(Hex.encode(coinbase).contains(Hex.encode(fixture.commitment)))
    #expect(Hex.encode(coinbase).contains("037fee36" + "05" + Hex.encode(Self.flags)), "BIP 34, then the node's flags")
    // The header's root is that of the transactions without witness, the odd one paired with itself.
    let leaves = [hash(stripped(coinbase))] + fixture.txids
    let pairs = [hash(leaves[0].bytes + leaves[1].bytes), hash(leaves[2].bytes + leaves[2].bytes)]
    #expect(Array(block[36..<68]) == hash(pairs[0].bytes + pairs[1].bytes).bytes)
    // A node finds the same header hash in what it is given.
    #expect(hash(Array(block[..<80])).bytes.reversed() == work.headerHash.bytes)
  }

  @Test func `lanes have different headers, and a block carries the coinbase of its own`() throws {
    let fixture = try fixture()
    let job = try job(fixture.template)
    let hashes = try (0..<50).map { try #require(job.work(lane: $0)?.kawpow).headerHash }
    #expect(Set(hashes).count == 50)
    let coinbases = try (0..<2).map { lane in
      let proof = KawPowProof(headerHash: hashes[lane], height: job.height, nonce: 1, mixHash: .zero)
      let block = try #require(job.block(.kawpow(proof), lane: UInt32(lane), extranonce1: .empty, extranonce2: .empty))
      return try parts(block, fixture).coinbase
    }
    #expect(coinbases[0] != coinbases[1] && coinbases[0].count == coinbases[1].count)
    // What a miner's seat has is in the nonce: asked for more, the work stays the same.
    #expect(job.work(lane: 3, extranonceByteCount: 12)?.kawpow?.headerHash == hashes[3])
  }

  @Test func `a proposal has the shape of a block`() throws {
    let fixture = try fixture()
    let job = try job(fixture.template)
    let proposal = try #require(job.proposal())
    let blank = KawPowProof(headerHash: .zero, height: job.height, nonce: 0, mixHash: .zero)
    let block = try #require(job.block(.kawpow(blank), lane: 0, extranonce1: .empty, extranonce2: .empty))
    #expect(proposal == block)
    #expect(Array(proposal[80..<120]) == [UInt8](repeating: 0, count: 40))
    #expect(proposal[120] == 3)
    #expect(try parts(proposal, fixture).rest == fixture.transactions[0] + fixture.transactions[1])
  }

  @Test func `a height beyond the last epoch makes no work`() throws {
    var template = try fixture().template
    template.height = 80_000_000
    #expect(try job(template).work(lane: 0) == nil)
  }
}
