import Orchestrator
import Stratum
import TestSupport
import Testing

/// Jobs whose coinbase and nBits are known, with what they are worth worked out by hand.
enum KnownJobs {
  /// In the form that Bitcoin pools send: a pool's output of 3.125 BTC and 0.63749087 BTC of fees, the witness
  /// commitment of BIP 141, and a mark of merge mining. nBits are those of block 840000.
  static let bitcoin = line(
    coinbase1: "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff240341d1"
      + "0c04a1b2c3d4",
    coinbase2: "2f666f756e64657220706f6f6c2f20ffffffff03ff1a6d160000000017a91469ef88aba6f6ae8e1e11a1a3b0e9"
      + "f4d7b1b5f1c2870000000000000000266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962"
      + "b48bebd836974e8cf900000000000000002b6a2952534b424c4f434b3a0102030405060708090a0b0c0d0e0f10"
      + "1112131415161718191a1b1c1d1e1f2000000000",
    nBits: "17034219")
  static let bitcoinExtranonceByteCount = 12

  /// The line of the first description of Stratum, by its authors: 50 BTC in one output.
  static let slush = line(
    coinbase1:
      "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff20020862062f503253482f"
      + "04b8864e5008",
    coinbase2: "072f736c7573682f000000000100f2052a010000001976a914d23fcdf86f7e756a64a7a9688ef9903327048ed988ac"
      + "00000000",
    nBits: "1c2ac4af")

  /// The first transaction of all, whole.
  static let genesis =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff"
    + "001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e"
    + "6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104"
    + "678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51e"
    + "c112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"

  private static func line(coinbase1: String, coinbase2: String, nBits: String) -> String {
    #"{"id":null,"method":"mining.notify","params":["bf","#
      + #""4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000","\#(coinbase1)","\#(coinbase2)","#
      + #"["0100000000000000000000000000000000000000000000000000000000000000"],"20000000","\#(nBits)","504e86b9",true]}"#
  }

  static func work(_ line: String) throws -> Work {
    guard case .notify(let notice) = try ServerMessageParser.parse(line.utf8) else { throw NotAJob() }
    return notice.work
  }

  struct NotAJob: Error {}
}

@Suite struct CoinbaseTests {
  private func outputs(_ bytes: [UInt8]) -> Result<CoinbaseOutputs, CoinbaseOutputs.Malformed> {
    do throws(CoinbaseOutputs.Malformed) {
      return .success(try CoinbaseOutputs(transaction: bytes))
    } catch {
      return .failure(error)
    }
  }

  @Test func `the first coinbase of all pays 50 bitcoins`() throws {
    let bytes = try #require(Hex.decode(KnownJobs.genesis))
    let read = try CoinbaseOutputs(transaction: bytes)
    #expect(read.outputs.count == 1 && read.outputs[0].script.count == 67)
    #expect(try read.reward() == AtomicUnits(5_000_000_000))
  }

  @Test func `a job's reward is what its outputs pay to somebody`() throws {
    let work = try #require(try KnownJobs.work(KnownJobs.bitcoin).bitcoin)
    let read = try CoinbaseOutputs(work, extranonceByteCount: KnownJobs.bitcoinExtranonceByteCount)
    #expect(read.outputs.map(\.value.value) == [376_249_087, 0, 0])
    #expect(read.outputs.map(\.isData) == [false, true, true])
    #expect(try read.reward() == AtomicUnits(376_249_087))
    #expect(try read.reward(without: [read.outputs[0].script]) == .zero)
  }

  @Test func `with another length of extranonce nothing is believed`() throws {
    let work = try #require(try KnownJobs.work(KnownJobs.bitcoin).bitcoin)
    for count in [-5, 0, 8, 11, 13, 16, 300] {
      #expect(throws: CoinbaseOutputs.Malformed.self) { try CoinbaseOutputs(work, extranonceByteCount: count) }
    }
  }

  @Test func `a coinbase that is cut short is refused, wherever it is cut`() throws {
    let work = try #require(try KnownJobs.work(KnownJobs.bitcoin).bitcoin)
    let whole = work.coinbase1 + [UInt8](repeating: 7, count: 12) + work.coinbase2
    #expect(throws: Never.self) { try CoinbaseOutputs(transaction: whole) }
    for cut in whole.indices {
      #expect(throws: CoinbaseOutputs.Malformed.self, "cut at \(cut)") {
        try CoinbaseOutputs(transaction: Array(whole[..<cut]))
      }
    }
    #expect(outputs(whole + [0]) == .failure(.bytesLeftOver(1)))
  }

  @Test(arguments: 0..<20) func `no bytes stop the process, and no reward is below nothing`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let whole = try #require(Hex.decode(KnownJobs.genesis))
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] =
          [0, 1, 0xfd, 0xfe, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      guard case .success(let read) = outputs(bytes), let reward = try? read.reward() else { continue }
      #expect(reward >= .zero)
    }
  }

  @Test func `values that no coin has are refused`() throws {
    let whole = try #require(Hex.decode(KnownJobs.genesis))
    let place = whole.count - 4 - 68 - 8
    var negative = whole
    negative.replaceSubrange(place..<place + 8, with: [255, 255, 255, 255, 255, 255, 255, 255])
    #expect(outputs(negative) == .failure(.valueOutOfRange))
    // Each possible, together too much.
    let half: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 127, 1, 0x51]
    let both = whole[..<(place - 1)] + [2] + half + half + [0, 0, 0, 0]
    let read = try CoinbaseOutputs(transaction: Array(both))
    #expect(throws: CoinbaseOutputs.Malformed.valueOutOfRange) { try read.reward() }
  }

  @Test func `numbers of outputs and lengths of scripts have limits`() throws {
    let whole = try #require(Hex.decode(KnownJobs.genesis))
    let place = whole.count - 4 - 68 - 8 - 1
    let many = whole[..<place] + [0xff, 255, 255, 255, 255, 255, 255, 255, 255]
    #expect(outputs(Array(many)) == .failure(.tooManyOutputs))
    #expect(outputs(Array(whole[..<place] + [0, 0, 0, 0, 0])) == .failure(.noOutputs))
    let long = whole[..<(place + 9)] + [0xfe, 255, 255, 255, 127]
    #expect(outputs(Array(long)) == .failure(.scriptTooLong))
  }

  @Test func `a segwit coinbase and one with a payload are read`() throws {
    let whole = try #require(Hex.decode(KnownJobs.genesis))
    let witness: [UInt8] = [1, 32] + Array(repeating: 0, count: 32)
    let segwit = whole[..<4] + [0, 1] + whole[4..<(whole.count - 4)] + witness + [0, 0, 0, 0]
    #expect(try CoinbaseOutputs(transaction: Array(segwit)).reward() == AtomicUnits(5_000_000_000))
    let dash = [3, 0, 5, 0] + whole[4...] + [2, 9, 9]
    #expect(try CoinbaseOutputs(transaction: Array(dash)).reward() == AtomicUnits(5_000_000_000))
  }
}
