import Stratum

/// The 16 lanes of 32 registers that a hash works on, a register of all lanes being one row of 64 bytes.
///
/// A view of the caller's memory.
struct KawPowMix {
  static let roundCount = 64
  static let laneCount = 16
  static let l1WordCount: UInt32 = 4096
  /// What a mix works in, aligned to 64: the registers, and a row for data that is made lane by lane.
  static let byteCount = 33 * rowByteCount

  typealias Row = SIMD16<UInt32>

  private static let rowByteCount = 64
  private let rows: UnsafeMutablePointer<Row>
  private let spare: UnsafeMutablePointer<UInt32>

  /// Fills the registers; `seed` is the first two words of the header's Keccak-f[800].
  init(memory: UnsafeMutableRawPointer, seed: (UInt32, UInt32)) {
    rows = memory.bindMemory(to: Row.self, capacity: 32)
    spare = (memory + 32 * Self.rowByteCount).bindMemory(to: UInt32.self, capacity: 16)
    let z = FNV.oneA(FNV.offsetBasis, seed.0)
    let w = FNV.oneA(z, seed.1)
    for lane in 0..<UInt32(Self.laneCount) {
      let jsr = FNV.oneA(w, lane)
      var random = KISS99(z: z, w: w, jsr: jsr, jcong: FNV.oneA(jsr, lane))
      for register in 0..<Int(KawPowProgram.registerCount) { rows[register][Int(lane)] = random.next() }
    }
  }

  /// What decides which part of the dataset `round` reads.
  @inline(__always)
  func datasetSelector(round: Int) -> UInt32 {
    UnsafeMutableRawPointer(rows).load(fromByteOffset: (round & 15) &* 4, as: UInt32.self)
  }

  /// One round; `part` are the 64 words of the dataset that it reads.
  func apply(_ program: KawPowProgram, l1: UnsafePointer<UInt32>, part: UnsafePointer<UInt32>, round: Int) {
    for step in program.steps {
      merge(data(step, l1: l1), into: step.destination, step.merge)
    }
    for i in 0..<4 {
      for lane in 0..<Self.laneCount { spare[lane] = part[((lane ^ round) & 15) &* 4 &+ i] }
      merge(spareRow, into: program.loads[i].destination, program.loads[i].merge)
    }
  }

  /// The mix hash: each lane folded to a word, and the sixteen words to eight.
  var hash: Hash256 {
    var lanes = Row(repeating: FNV.offsetBasis)
    for register in 0..<Int(KawPowProgram.registerCount) { lanes = (lanes ^ rows[register]) &* FNV.prime }
    let half = (SIMD8(repeating: FNV.offsetBasis) ^ lanes.lowHalf) &* FNV.prime
    let words = (half ^ lanes.highHalf) &* FNV.prime
    let limb = { (i: Int) in UInt64(words[2 * i]) | UInt64(words[2 * i + 1]) &<< 32 }
    return Hash256(number: UInt256(limb(3), limb(2), limb(1), limb(0)))
  }

  private var spareRow: Row { UnsafeMutableRawPointer(spare).load(as: Row.self) }

  @inline(__always)
  private func data(_ step: KawPowProgram.Step, l1: UnsafePointer<UInt32>) -> Row {
    let (a, b) = (rows[Int(step.a)], rows[Int(step.b)])
    switch step.operation {
    case .add: return a &+ b
    case .multiply: return a &* b
    case .multiplyHigh: return eachLane(step) { UInt32(truncatingIfNeeded: (UInt64($0) &* UInt64($1)) &>> 32) }
    case .min: return pointwiseMin(a, b)
    case .rotateLeft: return eachLane(step) { $0 &<< $1 | $0 &>> (0 &- $1) }
    case .rotateRight: return eachLane(step) { $0 &>> $1 | $0 &<< (0 &- $1) }
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .leadingZeros: return a.leadingZeroBitCount &+ b.leadingZeroBitCount
    case .bitCount: return a.nonzeroBitCount &+ b.nonzeroBitCount
    case .cached: return eachLane(step) { place, _ in l1[Int(place % Self.l1WordCount)] }
    }
  }

  /// What SSE2 has no instruction for.
  @inline(__always)
  private func eachLane(_ step: KawPowProgram.Step, _ body: (UInt32, UInt32) -> UInt32) -> Row {
    let words = UnsafeMutableRawPointer(rows).assumingMemoryBound(to: UInt32.self)
    let (a, b) = (words + Int(step.a) &* Self.laneCount, words + Int(step.b) &* Self.laneCount)
    for lane in 0..<Self.laneCount { spare[lane] = body(a[lane], b[lane]) }
    return spareRow
  }

  @inline(__always)
  private func merge(_ data: Row, into register: UInt8, _ merge: KawPowProgram.Merge) {
    let old = rows[Int(register)]
    let (n, complement) = (Row(repeating: merge.rotation), Row(repeating: 32 &- merge.rotation))
    switch merge.kind {
    case .scaleAdd: rows[Int(register)] = old &* 33 &+ data
    case .xorScale: rows[Int(register)] = (old ^ data) &* 33
    case .rotateLeftXor: rows[Int(register)] = (old &<< n | old &>> complement) ^ data
    case .rotateRightXor: rows[Int(register)] = (old &>> n | old &<< complement) ^ data
    }
  }
}
