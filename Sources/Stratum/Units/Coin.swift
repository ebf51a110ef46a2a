/// How amounts of a coin are written: atomic units are whole, people's are not.
public struct Coin: Hashable, Sendable {
  public var symbol: String
  /// Digits behind the point of one coin, 0 to 18.
  public var decimals: Int

  public init(symbol: String, decimals: Int) {
    self.symbol = symbol
    self.decimals = max(0, min(18, decimals))
  }

  /// 10^6 atomic units. Source: design.md §6.
  public static let zion = Coin(symbol: "ZION", decimals: 6)
  /// 10^8 atomic units.
  public static let bitcoin = Coin(symbol: "BTC", decimals: 8)

  /// `1569.634703`: exact, with all digits.
  public func text(_ amount: AtomicUnits) -> String {
    let digits = String(amount.value.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let whole = padded.dropLast(decimals)
    let sign = amount.value < 0 ? "-" : ""
    return decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(padded.suffix(decimals))"
  }

  /// `1569.634703 ZION`
  public func named(_ amount: AtomicUnits) -> String { "\(text(amount)) \(symbol)" }

  /// From `10`, `0.5` or `1569.634703`; `nil` for anything that is not exactly so many atomic units, or negative.
  public func amount(_ text: some StringProtocol) -> AtomicUnits? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      !parts[0].isEmpty
    else { return nil }
    let fraction = parts.count == 2 ? parts[1] : ""
    guard parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= decimals else { return nil }
    let zeros = String(repeating: "0", count: decimals - fraction.utf8.count)
    return Int64("\(parts[0])\(fraction)\(zeros)").map(AtomicUnits.init)
  }
}
