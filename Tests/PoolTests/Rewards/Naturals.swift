/// Whole numbers of any size, by the methods of school: an arithmetic that shares nothing with the one under test.
struct Natural: Comparable {
  /// Base 2^32, the least first, no zeros at the top.
  private var digits: [UInt32] = []

  init(_ value: UInt128) {
    var rest = value
    while rest > 0 {
      digits.append(UInt32(truncatingIfNeeded: rest))
      rest >>= 32
    }
  }

  init(units value: Int64) { self.init(UInt128(max(0, value))) }

  static func < (a: Natural, b: Natural) -> Bool {
    if a.digits.count != b.digits.count { return a.digits.count < b.digits.count }
    for i in a.digits.indices.reversed() where a.digits[i] != b.digits[i] { return a.digits[i] < b.digits[i] }
    return false
  }

  static func + (a: Natural, b: Natural) -> Natural {
    var sum = Natural(UInt128(0))
    var carry: UInt64 = 0
    for i in 0..<max(a.digits.count, b.digits.count) {
      let left = i < a.digits.count ? UInt64(a.digits[i]) : 0
      let right = i < b.digits.count ? UInt64(b.digits[i]) : 0
      let total = left + right + carry
      sum.digits.append(UInt32(truncatingIfNeeded: total))
      carry = total >> 32
    }
    if carry > 0 { sum.digits.append(UInt32(carry)) }
    return sum
  }

  static func * (a: Natural, b: Natural) -> Natural {
    var product = Natural(UInt128(0))
    guard !a.digits.isEmpty, !b.digits.isEmpty else { return product }
    product.digits = [UInt32](repeating: 0, count: a.digits.count + b.digits.count)
    for i in a.digits.indices {
      var carry: UInt64 = 0
      for j in b.digits.indices {
        let total = UInt64(a.digits[i]) * UInt64(b.digits[j]) + UInt64(product.digits[i + j]) + carry
        product.digits[i + j] = UInt32(truncatingIfNeeded: total)
        carry = total >> 32
      }
      product.digits[i + b.digits.count] = UInt32(carry)
    }
    while product.digits.last == 0 { product.digits.removeLast() }
    return product
  }

  /// ⌊self ÷ divisor⌋, found by trying: bit by bit from the top, what times the divisor is not above self.
  func quotient(by divisor: Natural) -> UInt128 {
    var quotient: UInt128 = 0
    // A quotient has at most one digit more than the two differ by.
    let most = 32 * (digits.count - divisor.digits.count + 1)
    for bit in (0..<(divisor.digits.isEmpty ? 127 : min(127, max(0, most)))).reversed() {
      let candidate = quotient | 1 << UInt128(bit)
      if !(self < Natural(candidate) * divisor) { quotient = candidate }
    }
    return quotient
  }

  /// The same when the quotient is known to be at most `limit`.
  func quotient(by divisor: Natural, atMost limit: Int64) -> Int64 {
    var low: Int64 = 0
    var high = limit
    while low < high {
      let middle = high - (high - low) / 2
      if self < Natural(units: middle) * divisor { high = middle - 1 } else { low = middle }
    }
    return low
  }
}
