import FoundationEssentials
import Stratum

/// Money as nodes of the Bitcoin family write it: a JSON number of coins, each of 10^8 atomic units. Read and written
/// digit for digit, never by way of a floating-point number.
struct CoinAmount: Hashable, Sendable {
  static let decimals = 8
  static let unitsPerCoin: UInt64 = 100_000_000
  let units: AtomicUnits

  init(_ units: AtomicUnits) { self.units = units }

  /// From the text of a JSON number, exponents included. `nil` for what is none, is finer than an atomic unit or
  /// does not fit.
  init?(_ text: String) {
    let parts = text.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
      .flatMap { $0.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false) }
    guard let mantissa = parts.first, parts.count <= 2 else { return nil }
    let isNegative = mantissa.hasPrefix("-")
    let pieces = mantissa.dropFirst(isNegative ? 1 : 0)
      .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = pieces.first, pieces.allSatisfy({ Self.isDigits($0) }) else { return nil }
    guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, (-40...40).contains(exponent) else { return nil }
    var digits = String(whole) + (pieces.count == 2 ? pieces[1] : "")
    // Where the point stands behind the digits, counted in atomic units.
    let shift = Self.decimals + exponent - (pieces.count == 2 ? pieces[1].count : 0)
    if shift >= 0 {
      digits += String(repeating: "0", count: shift)
    } else {
      let dropped = digits.suffix(-shift)
      guard dropped.allSatisfy({ $0 == "0" }) else { return nil }
      digits = String(digits.dropLast(-shift))
    }
    let significant = digits.drop { $0 == "0" }
    guard let magnitude = significant.isEmpty ? 0 : UInt64(significant),
      let value = isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude)
    else { return nil }
    units = AtomicUnits(value)
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
  }
}

extension CoinAmount: CustomStringConvertible {
  /// With all eight decimals: `0.10000000`.
  var description: String {
    let magnitude = units.value.magnitude
    let fraction = String(magnitude % Self.unitsPerCoin)
    let padding = String(repeating: "0", count: Self.decimals - fraction.count)
    return "\(units.value < 0 ? "-" : "")\(magnitude / Self.unitsPerCoin).\(padding)\(fraction)"
  }
}

extension CoinAmount: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Foundation reads a decimal from the digits themselves, up to 38 of them.
    let number = try container.decode(FoundationEssentials.Decimal.self)
    guard let amount = CoinAmount(number.description) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(number) is no exact amount")
    }
    self = amount
  }
}
