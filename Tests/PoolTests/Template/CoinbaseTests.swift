import Hashing
import Stratum
import Testing

@testable import Pool

/// The coinbase that every block of the pool begins with.
struct CoinbaseTests {
  private let kernels = Kernels()
  private let plan = CoinbasePlan(
    poolScript: [0x51], fees: [], salt: 0x0807_0605_0403_0201)

  private func template(
    height: UInt32 = 840_000, value: Int64 = 312_500_000, flags: [UInt8] = [], commitment: [UInt8]? = nil
  ) throws -> BlockTemplate {
    BlockTemplate(
      algorithm: .sha256d, height: height, version: 0x2000_0000, previousBlock: .zero, nBits: 0x207f_ffff,
      target: try Target(nBits: 0x207f_ffff), minTime: UnixTime(seconds: 1), curTime: UnixTime(seconds: 2),
      coinbaseValue: AtomicUnits(value), coinbaseFlags: flags, witnessCommitment: commitment)
  }

  @Test(
    arguments: [
      (1, "51"), (16, "60"), (17, "0111"), (127, "017f"), (128, "028000"), (32_768, "03008000"),
      (840_000, "0340d10c"), (8_388_608, "0400008000"), (0, "00"), (.max, "05ffffffff00"),
    ] as [(UInt32, String)])
  func `a height is pushed as BIP 34 asks`(height: UInt32, hex: String) {
    var bytes: [UInt8] = []
    bytes.append(scriptNumber: height)
    #expect(Hex.encode(bytes) == hex)
  }

  @Test func `the halves are, byte for byte, what a miner joins around its extranonce`() throws {
    let builder = try CoinbaseBuilder(template: template(flags: [0xaa, 0xbb]), plan: plan)
    let (first, second) = try #require(builder.halves(lane: 7, extranonceByteCount: 12))
    let tag = Hex.encode(Array("/ZION/".utf8))
    let script = "0340d10c02aabb06\(tag)18010203040506070800000007"
    #expect(script.count / 2 + 12 == 0x27)
    let zeros = String(repeating: "00", count: 32)
    #expect(Hex.encode(first) == "0100000001\(zeros)ffffffff27\(script)")
    #expect(Hex.encode(second) == "ffffffff01205fa01200000000015100000000")
  }

  @Test func `another payee gets what the pool would, and nothing else changes`() throws {
    var fair = plan
    fair.fees = [FeeOutput(account: "dev", script: [0x52], basisPoints: 100)]
    let builder = try CoinbaseBuilder(template: template(commitment: [0x6a, 1, 9]), plan: fair)
    let other = builder.paying([0x53, 0x53])
    let (own, paying) = try (
      #require(builder.halves(lane: 3, extranonceByteCount: 12)),
      #require(other.halves(lane: 3, extranonceByteCount: 12))
    )
    #expect(paying.coinbase1 == own.coinbase1)
    #expect(Hex.encode(own.coinbase2).hasSuffix("0151" + "00000000"))
    #expect(Hex.encode(paying.coinbase2) == Hex.encode(own.coinbase2).dropLast(12) + "025353" + "00000000")
    #expect(other.poolReward == builder.poolReward && other.fees == builder.fees)
  }

  @Test func `lanes differ, and so do salts and lengths`() throws {
    let builder = try CoinbaseBuilder(template: template(), plan: plan)
    var other = plan
    other.salt += 1
    let restarted = try CoinbaseBuilder(template: template(), plan: other)
    var seen: Set<[UInt8]> = []
    for lane in 0..<8 as Range<UInt32> {
      for count in [8, 12, 16] {
        let (first, second) = try #require(builder.halves(lane: lane, extranonceByteCount: count))
        #expect(seen.insert(first).inserted)
        let again = try #require(restarted.halves(lane: lane, extranonceByteCount: count))
        #expect(seen.insert(again.coinbase1).inserted)
        #expect(second == again.coinbase2)
      }
    }
    #expect(builder.halves(lane: 0, extranonceByteCount: 17) == nil)
    #expect(builder.halves(lane: 0, extranonceByteCount: -1) == nil)
  }

  @Test func `a script above 100 bytes is refused`() throws {
    var long = plan
    long.tag = String(repeating: "x", count: 66)
    _ = try CoinbaseBuilder(template: template(), plan: long)
    long.tag += "x"
    #expect(throws: CoinbaseError.scriptTooLong(byteCount: 101)) {
      try CoinbaseBuilder(template: template(), plan: long)
    }
  }

  @Test func `fees above the whole are refused`() throws {
    var greedy = plan
    greedy.fees = [
      FeeOutput(account: "a", script: [1], basisPoints: 9_999), FeeOutput(account: "b", script: [2], basisPoints: 2),
    ]
    #expect(throws: CoinbaseError.feesAboveWhole(basisPoints: 10_001)) {
      try CoinbaseBuilder(template: template(), plan: greedy)
    }
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `outputs always sum to the coinbase value`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var left: UInt32 = 10_000
    var generous = plan
    for index in 0..<Int.random(in: 0..<6, using: &random) {
      let points = UInt32.random(in: 0...left, using: &random)
      left -= points
      generous.fees.append(FeeOutput(account: "\(index)", script: [0x52, UInt8(index)], basisPoints: points))
    }
    let value = Int64.random(in: 0...(Bool.random(using: &random) ? 1000 : 2_100_000_000_000_000), using: &random)
    let builder = try CoinbaseBuilder(template: template(value: value), plan: generous)
    let (_, second) = try #require(builder.halves(lane: 0, extranonceByteCount: 12))

    var reader = ByteReader(second)
    _ = try reader.integer(UInt32.self)
    var values: [Int64] = []
    for _ in 0..<(try reader.compactSize()) {
      values.append(Int64(try reader.integer(UInt64.self)))
      _ = try reader.counted()
    }
    #expect(values.reduce(0, +) == value)
    #expect(values.last == builder.poolReward.value)
    let fees = generous.fees.map { Int64(Int128(value) * Int128($0.basisPoints) / 10_000) }
    #expect(builder.fees.map(\.amount.value) == fees.filter { $0 > 0 })
  }

  @Test(arguments: [(2025, 1000), (2026, 1200), (2027, 1500), (2028, 1800), (2029, 2000), (2030, 2500), (2090, 2500)])
  func `the humanitarian share follows the year`(year: Int, basisPoints: UInt32) throws {
    let fund = FeeSchedule.Recipient(account: "fund", script: [1])
    let schedule = FeeSchedule(
      humanitarian: fund, fixed: [.init(.init(account: "genesis", script: [2]), basisPoints: 33)])
    let days = (1970..<year).reduce(0) { $0 + ($1 % 4 == 0 ? 366 : 365) }
    let newYear = UnixTime(seconds: UInt32(days * 86_400))
    #expect(schedule.outputs(at: newYear).map(\.basisPoints) == [basisPoints, 33])
    let lastSecond = schedule.outputs(at: newYear.advanced(by: -1)).first?.basisPoints
    #expect(lastSecond == FeeSchedule.humanitarianBasisPoints(inYear: year - 1))
  }
}
