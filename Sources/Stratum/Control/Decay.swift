/// What time leaves of a quantity that falls by half in every half-life.
enum Decay {
  /// 2^(−seconds ÷ halfLife): exact after whole half-lives, within 0.3 % in between (by a quadratic: `Stratum` links no
  /// math library).
  static func factor(after seconds: Double, halfLife: Double) -> Double {
    guard seconds > 0, halfLife > 0 else { return 1 }
    let halves = min(seconds / halfLife, 1000)
    let whole = halves.rounded(.up)
    let fraction = whole - halves
    let power = 1 + fraction * (0.6565 + 0.3435 * fraction)
    return Double(sign: .plus, exponent: -Int(whole), significand: 1) * power
  }
}
