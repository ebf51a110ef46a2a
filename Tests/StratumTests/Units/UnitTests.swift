import Stratum
import TestSupport
import Testing

@Suite struct UnitTests {
  @Test func `difficulty one is the convention's target, bit for bit`() throws {
    #expect(try Difficulty(1).target(for: .sha256d).number.hex == "00000000ffff" + String(repeating: "0", count: 52))
    #expect(try Difficulty(1).target(for: .scrypt).number.hex == "0000ffff" + String(repeating: "0", count: 56))
  }

  @Test(arguments: 0..<200) func `a difficulty comes back from its target`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let value = Double.random(in: 1...2, using: &random) * Double(1 << UInt64.random(in: 0...40, using: &random)) / 1024
    let difficulty = try Difficulty(value)
    let back = difficulty.target(for: .sha256d).difficulty(for: .sha256d).value
    #expect(abs(back / value - 1) < 1e-9)
  }

  @Test(arguments: 0..<200) func `a harder difficulty never has an easier target`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let a = Double.random(in: 1e-9...1e12, using: &random)
    let (easy, hard) = (try Difficulty(a), try Difficulty(a * Double.random(in: 1...8, using: &random)))
    for algorithm in Algorithm.allCases {
      #expect(hard.target(for: algorithm).number <= easy.target(for: algorithm).number)
    }
  }

  @Test func `a difficulty so small that any hash meets it is the easiest target`() throws {
    #expect(try Difficulty(1e-30).target(for: .sha256d) == .easiest)
    #expect(try Difficulty(1e300).target(for: .sha256d) == Target(UInt256(1)))
  }

  @Test func `a target is met by itself and by less, not by one more`() {
    let target = Target(UInt256(0, 0, 1, 0))
    #expect(target.isMet(by: Hash256(number: target.number)))
    #expect(target.isMet(by: Hash256(number: target.number &- UInt256(1))))
    #expect(!target.isMet(by: Hash256(number: target.number.addingReportingOverflow(UInt256(1)).partialValue)))
  }

  @Test(arguments: [0x1d00_ffff, 0x1b04_04cb, 0x1a44_b9f2, 0x207f_ffff, 0x1703_a30c, 0x0301_0000] as [UInt32])
  func `the compact form comes back`(nBits: UInt32) throws {
    #expect(try Target(nBits: nBits).nBits == nBits)
  }

  @Test func `malformed compact forms are refused by name`() {
    #expect(throws: Target.CompactError.zero) { try Target(nBits: 0) }
    #expect(throws: Target.CompactError.negative) { try Target(nBits: 0x1d80_ffff | 1) }
    #expect(throws: Target.CompactError.overflow) { try Target(nBits: 0xff12_3456) }
    #expect(throws: Target.CompactError.zero) { try Target(nBits: 0x0100_0001) }
  }

  @Test func `work is the expected number of hashes, exactly`() throws {
    #expect(ShareWork(of: Target(.max)).hashes == 1)
    #expect(ShareWork(of: Target(UInt256(1 << 63, 0, 0, 0))).hashes == 1)
    #expect(ShareWork(of: Target(UInt256((1 << 63) - 1, .max, .max, .max))).hashes == 2)
    #expect(ShareWork(of: Algorithm.sha256d.difficultyOneTarget).hashes == 4_295_032_833)
    #expect(ShareWork(of: Target(.zero)).hashes == .max)
  }

  @Test(arguments: 0..<300) func `division gives back what multiplication made`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bits = Int.random(in: 0..<256, using: &random)
    let a = UInt256(random.next(), random.next(), random.next(), random.next()) &>> bits
    let b =
      UInt256(random.next(), random.next(), random.next(), random.next())
      &>> Int.random(in: 0..<256, using: &random)
    guard !b.isZero else { return }
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    #expect(remainder < b)
    var sum = remainder
    var factor = b
    var rest = quotient
    while !rest.isZero {
      if rest.l0 & 1 == 1 { sum = sum.addingReportingOverflow(factor).partialValue }
      factor = factor &<< 1
      rest = rest &>> 1
    }
    #expect(sum == a)
  }

  @Test func `shifts agree with repeated doubling and halving`() {
    let value = UInt256(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 0x0f1e_2d3c_4b5a_6978, 0x8796_a5b4_c3d2_e1f0)
    var (left, right) = (value, value)
    for count in 0...256 {
      #expect(value &<< count == left)
      #expect(value &>> count == right)
      left = left &<< 1
      right = right &>> 1
    }
  }

  @Test func `hashes are shown most significant byte first`() {
    let hash = Hash256(bytes: (0..<32).map { UInt8($0) })
    #expect(hash?.displayHex == "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100")
    #expect(hash.flatMap { Hash256(displayHex: $0.displayHex) } == hash)
  }

  @Test func `hashrates carry the unit a reader expects`() {
    #expect(Hashrate(0).description == "0.00 H/s")
    #expect(Hashrate(999.4).description == "999 H/s")
    #expect(Hashrate(999.6).description == "1.00 kH/s")
    #expect(Hashrate(14.2e12).description == "14.2 TH/s")
  }

  @Test func `money overflows into an error, never around`() throws {
    #expect(throws: AtomicUnits.Overflow.self) { try AtomicUnits(.max).adding(AtomicUnits(1)) }
    #expect(throws: AtomicUnits.Overflow.self) { try AtomicUnits(.min).subtracting(AtomicUnits(1)) }
    #expect(try AtomicUnits(50_000_000).share(33, of: 10_000).value == 165_000)
    #expect(try AtomicUnits(.max).share(9_999, of: 10_000).value == 9222449699651090329)
  }
}
