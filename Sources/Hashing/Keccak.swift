/// The permutation under SHA-3, and under the older Keccak hashes of Ethash.
///
/// Source: FIPS 202, section 3.
enum Keccak {
  /// Keccak-f[1600]. The 25 lanes live in locals: an array here costs fifteen times as much.
  static func permute(_ s: UnsafeMutablePointer<UInt64>) {
    var (a0, a1, a2, a3, a4) = (s[0], s[1], s[2], s[3], s[4])
    var (a5, a6, a7, a8, a9) = (s[5], s[6], s[7], s[8], s[9])
    var (a10, a11, a12, a13, a14) = (s[10], s[11], s[12], s[13], s[14])
    var (a15, a16, a17, a18, a19) = (s[15], s[16], s[17], s[18], s[19])
    var (a20, a21, a22, a23, a24) = (s[20], s[21], s[22], s[23], s[24])
    for round in 0..<24 {
      let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
      let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
      let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
      let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
      let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
      let (d0, d1, d2) = (c4 ^ rotate(c1, 1), c0 ^ rotate(c2, 1), c1 ^ rotate(c3, 1))
      let (d3, d4) = (c2 ^ rotate(c4, 1), c3 ^ rotate(c0, 1))
      let r0 = chi(a0 ^ d0, rotate(a6 ^ d1, 44), rotate(a12 ^ d2, 43), rotate(a18 ^ d3, 21), rotate(a24 ^ d4, 14))
      let r1 = chi(
        rotate(a3 ^ d3, 28), rotate(a9 ^ d4, 20), rotate(a10 ^ d0, 3), rotate(a16 ^ d1, 45), rotate(a22 ^ d2, 61))
      let r2 = chi(
        rotate(a1 ^ d1, 1), rotate(a7 ^ d2, 6), rotate(a13 ^ d3, 25), rotate(a19 ^ d4, 8), rotate(a20 ^ d0, 18))
      let r3 = chi(
        rotate(a4 ^ d4, 27), rotate(a5 ^ d0, 36), rotate(a11 ^ d1, 10), rotate(a17 ^ d2, 15), rotate(a23 ^ d3, 56))
      let r4 = chi(
        rotate(a2 ^ d2, 62), rotate(a8 ^ d3, 55), rotate(a14 ^ d4, 39), rotate(a15 ^ d0, 41), rotate(a21 ^ d1, 2))
      (a0, a1, a2, a3, a4) = (r0.0 ^ roundConstants[round], r0.1, r0.2, r0.3, r0.4)
      (a5, a6, a7, a8, a9) = r1
      (a10, a11, a12, a13, a14) = r2
      (a15, a16, a17, a18, a19) = r3
      (a20, a21, a22, a23, a24) = r4
    }
    (s[0], s[1], s[2], s[3], s[4]) = (a0, a1, a2, a3, a4)
    (s[5], s[6], s[7], s[8], s[9]) = (a5, a6, a7, a8, a9)
    (s[10], s[11], s[12], s[13], s[14]) = (a10, a11, a12, a13, a14)
    (s[15], s[16], s[17], s[18], s[19]) = (a15, a16, a17, a18, a19)
    (s[20], s[21], s[22], s[23], s[24]) = (a20, a21, a22, a23, a24)
  }

  @inline(__always)
  private static func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { x &<< n | x &>> (64 &- n) }

  @inline(__always)
  private static func chi(
    _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64
  ) -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
    (a ^ (~b & c), b ^ (~c & d), c ^ (~d & e), d ^ (~e & a), e ^ (~a & b))
  }
}

private let roundConstants: InlineArray<24, UInt64> = [
  0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
  0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
  0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
  0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
  0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
  0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]
