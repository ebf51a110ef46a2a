extension [UInt8] {
  /// Changes one place as noise or malice would: a byte, a bit, something lost, added or said twice, or the end of
  /// another text in place of this one's.
  public mutating func mutate(with others: [[UInt8]], using random: inout SeededRandom) {
    guard !isEmpty else { return }
    let at = Int.random(in: indices, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: self[at] = UInt8.random(in: .min ... .max, using: &random)
    case 1: self[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: remove(at: at)
    case 3: insert(UInt8.random(in: .min ... .max, using: &random), at: at)
    case 4:
      let end = Int.random(in: at...count, using: &random)
      insert(contentsOf: self[at..<end], at: at)
    default:
      let other = others[Int.random(in: others.indices, using: &random)]
      let from = Int.random(in: 0...Swift.max(0, other.count - 1), using: &random)
      self = Array(self[..<at]) + other[from...]
    }
  }
}
