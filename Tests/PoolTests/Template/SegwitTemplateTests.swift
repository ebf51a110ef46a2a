import FoundationEssentials
import Hashing
import Stratum
import Testing

@testable import Pool

/// Templates of a node with segwit, as it sends them.
struct SegwitTemplateTests {
  private let kernels = Kernels()

  /// In the form of a Bitcoin Core 26 answer; hashes and commitment belong to the transactions.
  private static let recorded = #"""
    {"capabilities":["proposal"],"version":536870912,"rules":["csv","!segwit","taproot"],"vbavailable":{},
    "vbrequired":0,"previousblockhash":"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    "transactions":[
    {"data":"02000000000101cdd5adb0e1c5a1e7dc2a9d9d5a4b3b6d1a4e0f4f7c0a5f5a4c6b1d2e3f405162000000000000000000
    01a086010000000000160014000102030405060708090a0b0c0d0e0f101112130101aa00000000",
    "txid":"TXID","hash":"WTXID","depends":[],"fee":1410,"sigops":1,"weight":437}],
    "coinbaseaux":{},"coinbasevalue":5000001410,
    "longpollid":"0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e22062",
    "target":"7fffff0000000000000000000000000000000000000000000000000000000000","mintime":1296688603,
    "mutable":["time","transactions","prevblock"],"noncerange":"00000000ffffffff","sigoplimit":80000,
    "sizelimit":4000000,"weightlimit":4000000,"curtime":1700000000,"bits":"207fffff","height":1,
    "default_witness_commitment":"COMMITMENT"}
    """#

  private struct Fixture {
    var bytes: [UInt8]
    var txid: Hash256
    var wtxid: Hash256
    var commitment: [UInt8]
    var reply: TemplateReply
  }

  private func hash(_ bytes: [UInt8]) -> Hash256 { bytes.withUnsafeBytes { kernels.sha256d($0) } }

  /// The recorded answer, with the names that its transaction really has.
  private func fixture() throws -> Fixture {
    let text = Self.recorded.filter { $0 != "\n" }.replacing("    ", with: "")
    let start = try #require(text.range(of: #""data":""#)).upperBound
    let data = text[start...].prefix { $0 != "\"" }
    let bytes = try #require(Hex.decode(data))
    // Without marker and flag (2 bytes after the version) and without the witness (3 bytes before the lock time).
    let stripped: [UInt8] = Array(bytes[..<4]) + Array(bytes[6..<(bytes.count - 7)]) + bytes.suffix(4)
    let (txid, wtxid) = (hash(stripped), hash(bytes))
    // BIP 141: the witness root pairs the coinbase's zero with the transaction, and is hashed with the reserved value.
    let root = hash(Hash256.zero.bytes + wtxid.bytes)
    let head: [UInt8] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]
    let commitment = head + hash(root.bytes + [UInt8](repeating: 0, count: 32)).bytes
    let whole = text.replacing("WTXID", with: wtxid.displayHex).replacing("TXID", with: txid.displayHex)
      .replacing("COMMITMENT", with: Hex.encode(commitment))
    let reply = try JSONDecoder().decode(TemplateReply.self, from: Data(whole.utf8))
    return Fixture(bytes: bytes, txid: txid, wtxid: wtxid, commitment: commitment, reply: reply)
  }

  @Test func `a template is read whole`() throws {
    let fixture = try fixture()
    let template = try fixture.reply.template(for: .sha256d)
    #expect(template.height == 1)
    #expect(template.nBits == 0x207f_ffff)
    #expect(template.coinbaseValue == AtomicUnits(5_000_001_410))
    #expect(template.previousBlock.displayHex == "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")
    #expect(template.witnessCommitment == fixture.commitment)
    #expect(
      template.transactions == [
        TemplateTransaction(bytes: fixture.bytes, txid: fixture.txid, wtxid: fixture.wtxid, fee: AtomicUnits(1410))
      ])
    #expect(template.minTime < template.curTime)
    #expect(template.mutable.contains("time"))
  }

  @Test func `miners hash the coinbase without witness, and the block carries it with its reserved value`() throws {
    let fixture = try fixture()
    let plan = CoinbasePlan(
      poolScript: [0x51], fees: [FeeOutput(account: "fee", script: [0x52], basisPoints: 100)], salt: 1)
    let job = try JobTemplate(template: try fixture.reply.template(for: .sha256d), plan: plan, using: kernels)
    let extranonce1 = try #require(Extranonce([1, 2, 3, 4]))
    let extranonce2 = try #require(Extranonce([5, 6, 7, 8, 9, 10, 11, 12]))
    let whole = try #require(extranonce1.appending(extranonce2))
    let header = try BlockMaker.header(job, extranonce: whole, using: kernels)
    let work = try #require(job.work(lane: 0)?.bitcoin)
    let mined = work.coinbase1 + whole.bytes + work.coinbase2

    let block = try #require(
      job.block(.header(header), lane: 0, extranonce1: extranonce1, extranonce2: extranonce2))
    #expect(Array(block[..<80]) == header.bytes)
    #expect(block[80] == 2)
    let coinbase = Array(block[81..<(block.count - fixture.bytes.count)])
    #expect(Array(block.suffix(fixture.bytes.count)) == fixture.bytes)
    #expect(coinbase.count == mined.count + 2 + 34)
    #expect(coinbase[4..<6] == [0, 1])
    let witness: [UInt8] = [1, 32] + [UInt8](repeating: 0, count: 32)
    let stripped: [UInt8] = Array(coinbase[..<4]) + Array(coinbase[6..<(coinbase.count - 38)]) + coinbase.suffix(4)
    #expect(stripped == mined)
    #expect(Array(coinbase[(coinbase.count - 38)..<(coinbase.count - 4)]) == witness)

    // The header's root is that of the two transactions without witness.
    let leaves: [UInt8] = hash(mined).bytes + fixture.txid.bytes
    #expect(header.merkleRoot == hash(leaves))
    // The commitment is the first output and worth nothing.
    var reader = ByteReader(Array(work.coinbase2.dropFirst(4)))
    #expect(try reader.compactSize() == 3)
    #expect(try reader.integer(UInt64.self) == 0)
    #expect(try Array(reader.counted()) == fixture.commitment)
  }

  @Test func `a field that cannot be is named`() throws {
    let reply = try fixture().reply
    func complaint(_ change: (inout TemplateReply) -> Void) -> NodeError? {
      var changed = reply
      change(&changed)
      do throws(NodeError) {
        _ = try changed.template(for: .sha256d)
        return nil
      } catch {
        return error
      }
    }
    let malformed = { (field: String) in NodeError.malformed("getblocktemplate: \(field) is not what it should be") }
    #expect(complaint { _ in } == nil)
    #expect(complaint { $0.previousblockhash = "00" } == malformed("previousblockhash"))
    #expect(complaint { $0.bits = "1d00ff" } == malformed("bits"))
    #expect(complaint { $0.bits = "1d800001" } == malformed("bits"))
    #expect(complaint { $0.coinbasevalue = -1 } == malformed("coinbasevalue"))
    #expect(complaint { $0.version = 1 << 40 } == malformed("version"))
    #expect(complaint { $0.coinbaseaux = ["flags": "abc"] } == malformed("coinbaseaux.flags"))
    #expect(complaint { $0.defaultWitnessCommitment = "zz" } == malformed("default_witness_commitment"))
    #expect(complaint { $0.transactions[0].data = "" } == malformed("transactions"))
    #expect(complaint { $0.transactions[0].txid = "12" } == malformed("transactions"))
  }
}
