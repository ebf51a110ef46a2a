/// Hashes per second; finite and not negative.
public struct Hashrate: Hashable, Sendable, Comparable {
  public let hashesPerSecond: Double

  public init(_ hashesPerSecond: Double) {
    self.hashesPerSecond = hashesPerSecond.isFinite ? max(0, hashesPerSecond) : 0
  }

  public static let zero = Hashrate(0)
  public static func < (a: Hashrate, b: Hashrate) -> Bool { a.hashesPerSecond < b.hashesPerSecond }
  public static func + (a: Hashrate, b: Hashrate) -> Hashrate { Hashrate(a.hashesPerSecond + b.hashesPerSecond) }
}

extension Hashrate: CustomStringConvertible {
  /// Three significant digits and a unit, from `H/s` to `EH/s`: `14.2 TH/s`.
  public var description: String {
    var value = hashesPerSecond
    var unit = 0
    let units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return "\(Decimal.fixed(value, decimals: decimals)) \(units[unit])"
  }
}

/// Fixed-point text without Foundation.
public enum Decimal {
  /// `value` rounded to `decimals` (0 to 9) places; values beyond Int64 are cut to its range.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    var scale: Int64 = 1
    for _ in 0..<max(0, min(decimals, 9)) { scale *= 10 }
    let scaled = (value * Double(scale)).rounded()
    let clamped = max(-9.0e18, min(9.0e18, scaled.isFinite ? scaled : 0))
    let magnitude = Int64(clamped).magnitude
    let sign = clamped < 0 ? "-" : ""
    guard scale > 1 else { return "\(sign)\(magnitude)" }
    let fraction = String(magnitude % UInt64(scale))
    let padding = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(magnitude / UInt64(scale)).\(padding)\(fraction)"
  }
}
