/// How long to wait before the next attempt to connect: 1 s doubling to 60 s, spread by ±25 % so that a thousand
/// proxies do not come back at once.
struct Backoff {
  static let first = 1.0
  static let longest = 60.0

  private var attempt = 0

  mutating func next(using random: inout some RandomNumberGenerator) -> Double {
    let base = min(Self.longest, Self.first * Double(1 << min(attempt, 6)))
    attempt += 1
    return base * Double.random(in: 0.75...1.25, using: &random)
  }

  /// It worked.
  mutating func reset() { attempt = 0 }
}
