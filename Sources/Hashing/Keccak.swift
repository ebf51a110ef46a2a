/// The permutation under SHA-3, and under the older Keccak hashes of Ethash and ProgPoW.
///
/// Source: FIPS 202, section 3.
enum Keccak {
  /// Keccak-f[1600] of 25 lanes.
  static func permute(_ s: UnsafeMutablePointer<UInt64>) {
    var state = KeccakState<UInt64>(
      s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12],
      s[13], s[14], s[15], s[16], s[17], s[18], s[19], s[20], s[21], s[22], s[23], s[24])
    state.permute(roundCount: 24)
    (s[0], s[1], s[2], s[3], s[4]) = (state.a0, state.a1, state.a2, state.a3, state.a4)
    (s[5], s[6], s[7], s[8], s[9]) = (state.a5, state.a6, state.a7, state.a8, state.a9)
    (s[10], s[11], s[12], s[13], s[14]) = (state.a10, state.a11, state.a12, state.a13, state.a14)
    (s[15], s[16], s[17], s[18], s[19]) = (state.a15, state.a16, state.a17, state.a18, state.a19)
    (s[20], s[21], s[22], s[23], s[24]) = (state.a20, state.a21, state.a22, state.a23, state.a24)
  }
}

extension Keccak {
  /// Keccak-f[1600] of nine lanes and sixteen zeros, the first eight lanes of the result: one block of Keccak-512.
  static func f1600(
    _ a0: UInt64, _ a1: UInt64, _ a2: UInt64, _ a3: UInt64, _ a4: UInt64, _ a5: UInt64, _ a6: UInt64, _ a7: UInt64,
    _ a8: UInt64
  ) -> (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) {
    var s = KeccakState<UInt64>(
      a0, a1, a2, a3, a4, a5, a6, a7, a8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    s.permute(roundCount: 24)
    return (s.a0, s.a1, s.a2, s.a3, s.a4, s.a5, s.a6, s.a7)
  }

  /// Keccak-f[800], the first eight lanes of the result.
  static func f800(
    _ a0: UInt32, _ a1: UInt32, _ a2: UInt32, _ a3: UInt32, _ a4: UInt32, _ a5: UInt32, _ a6: UInt32, _ a7: UInt32,
    _ a8: UInt32, _ a9: UInt32, _ a10: UInt32, _ a11: UInt32, _ a12: UInt32, _ a13: UInt32, _ a14: UInt32,
    _ a15: UInt32, _ a16: UInt32, _ a17: UInt32, _ a18: UInt32, _ a19: UInt32, _ a20: UInt32, _ a21: UInt32,
    _ a22: UInt32, _ a23: UInt32, _ a24: UInt32
  ) -> (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) {
    var s = KeccakState<UInt32>(
      a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12,
      a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24)
    s.permute(roundCount: 22)
    return (s.a0, s.a1, s.a2, s.a3, s.a4, s.a5, s.a6, s.a7)
  }
}

/// The 25 lanes, which stay in locals: an array here costs fifteen times as much.
///
/// Lanes of 64 bits and 24 rounds are Keccak-f[1600]; lanes of 32 bits and 22 rounds are Keccak-f[800]. Private,
/// because a debug build compiles files apart, and would not specialise it for others.
private struct KeccakState<Word: FixedWidthInteger & UnsignedInteger> {
  var a0, a1, a2, a3, a4: Word
  var a5, a6, a7, a8, a9: Word
  var a10, a11, a12, a13, a14: Word
  var a15, a16, a17, a18, a19: Word
  var a20, a21, a22, a23, a24: Word

  @inline(__always)
  init(
    _ a0: Word, _ a1: Word, _ a2: Word, _ a3: Word, _ a4: Word, _ a5: Word, _ a6: Word, _ a7: Word, _ a8: Word,
    _ a9: Word, _ a10: Word, _ a11: Word, _ a12: Word, _ a13: Word, _ a14: Word, _ a15: Word, _ a16: Word,
    _ a17: Word, _ a18: Word, _ a19: Word, _ a20: Word, _ a21: Word, _ a22: Word, _ a23: Word, _ a24: Word
  ) {
    (self.a0, self.a1, self.a2, self.a3, self.a4) = (a0, a1, a2, a3, a4)
    (self.a5, self.a6, self.a7, self.a8, self.a9) = (a5, a6, a7, a8, a9)
    (self.a10, self.a11, self.a12, self.a13, self.a14) = (a10, a11, a12, a13, a14)
    (self.a15, self.a16, self.a17, self.a18, self.a19) = (a15, a16, a17, a18, a19)
    (self.a20, self.a21, self.a22, self.a23, self.a24) = (a20, a21, a22, a23, a24)
  }

  /// `roundCount` is even. Six lanes are kept complemented meanwhile, which leaves one complement a plane where chi has five.
  ///
  /// Source: Keccak implementation overview 3.2, section 2.2.
  @inline(__always)
  mutating func permute(roundCount: Int) {
    complementLanes()
    // Two rounds a turn: no lane moves from one local to another between them.
    for i in 0..<(roundCount / 2) {
      round(Word(truncatingIfNeeded: roundConstants[2 &* i]))
      round(Word(truncatingIfNeeded: roundConstants[2 &* i &+ 1]))
    }
    complementLanes()
  }

  @inline(__always)
  private mutating func complementLanes() {
    (a1, a2, a8, a12, a17, a20) = (~a1, ~a2, ~a8, ~a12, ~a17, ~a20)
  }

  @inline(__always)
  private mutating func round(_ constant: Word) {
    let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
    let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
    let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
    let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
    let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
    let (d0, d1, d2) = (c4 ^ rotate(c1, 1), c0 ^ rotate(c2, 1), c1 ^ rotate(c3, 1))
    let (d3, d4) = (c2 ^ rotate(c4, 1), c3 ^ rotate(c0, 1))
    let (p0, p1, p2, p3) = (a0 ^ d0, rotate(a6 ^ d1, 44), rotate(a12 ^ d2, 43), rotate(a18 ^ d3, 21))
    let p4 = rotate(a24 ^ d4, 14)
    let (q0, q1, q2, q3) = (rotate(a3 ^ d3, 28), rotate(a9 ^ d4, 20), rotate(a10 ^ d0, 3), rotate(a16 ^ d1, 45))
    let q4 = rotate(a22 ^ d2, 61)
    let (r0, r1, r2, r3) = (rotate(a1 ^ d1, 1), rotate(a7 ^ d2, 6), rotate(a13 ^ d3, 25), rotate(a19 ^ d4, 8))
    let r4 = rotate(a20 ^ d0, 18)
    let (s0, s1, s2, s3) = (rotate(a4 ^ d4, 27), rotate(a5 ^ d0, 36), rotate(a11 ^ d1, 10), rotate(a17 ^ d2, 15))
    let s4 = rotate(a23 ^ d3, 56)
    let (t0, t1, t2, t3) = (rotate(a2 ^ d2, 62), rotate(a8 ^ d3, 55), rotate(a14 ^ d4, 39), rotate(a15 ^ d0, 41))
    let t4 = rotate(a21 ^ d1, 2)
    a0 = p0 ^ (p1 | p2) ^ constant
    (a1, a2, a3, a4) = (p1 ^ (~p2 | p3), p2 ^ (p3 & p4), p3 ^ (p4 | p0), p4 ^ (p0 & p1))
    (a5, a6, a7, a8, a9) = (q0 ^ (q1 | q2), q1 ^ (q2 & q3), q2 ^ (q3 | ~q4), q3 ^ (q4 | q0), q4 ^ (q0 & q1))
    let u3 = ~r3
    (a10, a11, a12, a13, a14) = (r0 ^ (r1 | r2), r1 ^ (r2 & r3), r2 ^ (u3 & r4), u3 ^ (r4 | r0), r4 ^ (r0 & r1))
    let v3 = ~s3
    (a15, a16, a17, a18, a19) = (s0 ^ (s1 & s2), s1 ^ (s2 | s3), s2 ^ (v3 | s4), v3 ^ (s4 & s0), s4 ^ (s0 | s1))
    let w1 = ~t1
    (a20, a21, a22, a23, a24) = (t0 ^ (w1 & t2), w1 ^ (t2 | t3), t2 ^ (t3 & t4), t3 ^ (t4 | t0), t4 ^ (t0 & t1))
  }

  /// Masking shifts take the count modulo the width, which is what shorter lanes need.
  @inline(__always)
  private func rotate(_ x: Word, _ n: Word) -> Word { x &<< n | x &>> (0 &- n) }
}

private let roundConstants: InlineArray<24, UInt64> = [
  0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
  0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
  0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
  0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
  0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
  0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]
