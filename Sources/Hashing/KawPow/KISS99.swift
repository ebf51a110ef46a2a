/// Marsaglia's random numbers of 1999, of which ProgPoW makes its programs and first mixes.
///
/// Source: EIP-1057.
struct KISS99 {
  var z, w, jsr, jcong: UInt32

  mutating func next() -> UInt32 {
    z = 36969 &* (z & 0xffff) &+ z &>> 16
    w = 18000 &* (w & 0xffff) &+ w &>> 16
    jcong = 69069 &* jcong &+ 1_234_567
    jsr ^= jsr &<< 17
    jsr ^= jsr &>> 13
    jsr ^= jsr &<< 5
    return ((z &<< 16 &+ w) ^ jcong) &+ jsr
  }
}
