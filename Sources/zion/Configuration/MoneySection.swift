import Pool
import Stratum

/// Reads `local.rewards` and `local.payouts`.
struct MoneySection {
  let coin: Coin
  /// Whether the chain carries transfers, so that miners can be paid.
  let hasTransfers: Bool
  /// The configuration's path, from whose folder other files are looked for.
  let path: String

  func rewards(_ section: YAMLSection) -> RewardOptions {
    var result = RewardOptions()
    if hasTransfers { (result.rules.bonusPerBlock, result.bonusFund) = (.zero, .zero) }
    result.rules.scheme = section.choice("scheme") ?? result.rules.scheme
    result.rules.shortWindow = section.choice("short_window") ?? result.rules.shortWindow
    result.rules.windowHundredths =
      section.value("window") { text throws(Wrong) in
        UInt32(try scaled(text, decimals: 2, in: 10...100_000_000, "0.1 to 1000000, such as 2"))
      } ?? result.rules.windowHundredths
    var factors: [Algorithm: UInt32] = [:]
    let entries = section.entries("eco") { text throws(Wrong) in
      UInt32(try scaled(text, decimals: 4, in: 1_000...100_000, "0.1 to 10, such as 1.25"))
    }
    for (name, node, factor) in entries {
      guard let algorithm = Algorithm(rawValue: name) else {
        section.report.add(
          node, section.key("eco.\(name)"), "“\(name)” is no algorithm",
          write: Algorithm.allCases.map(\.rawValue).joined(separator: ", "))
        continue
      }
      factors[algorithm] = factor
    }
    result.rules.eco = EcoFactors(overridden: factors)
    result.rules.bonusPerBlock = amount(section, "bonus") ?? result.rules.bonusPerBlock
    result.bonusFund = amount(section, "bonus_fund") ?? result.bonusFund
    result.ppsFeeBasisPoints =
      section.value("pps_fee") { text throws(Wrong) in UInt32(try Quantity.basisPoints(text)) }
      ?? result.ppsFeeBasisPoints
    result.credentialKeys = files(section, "consciousness_keys")
    section.end()
    return result
  }

  func payouts(_ section: YAMLSection) -> PayoutOptions {
    var result = PayoutOptions(isEnabled: hasTransfers)
    if hasTransfers { (result.threshold, result.minimum) = (AtomicUnits(500_000), AtomicUnits(50_000)) }
    let node = section.node("enabled")
    result.isEnabled = section.value("enabled", Quantity.boolean) ?? result.isEnabled
    if result.isEnabled, !hasTransfers {
      section.report.add(
        node, section.key("enabled"), "the embedded chain carries no transfers", write: "false, or use node: bitcoin")
    }
    result.intervalSeconds =
      section.value("interval") { text throws(Wrong) in try Quantity.seconds(text, in: 10...86_400) }
      ?? result.intervalSeconds
    if let threshold = amount(section, "threshold", above: .zero) {
      result.threshold = threshold
      result.minimum = AtomicUnits(max(1, threshold.value / 10))
    }
    result.minimum = amount(section, "minimum", above: .zero) ?? result.minimum
    result.outputLimit =
      section.value("outputs") { text throws(Wrong) in try Quantity.integer(text, in: 1...1000) } ?? result.outputLimit
    result.feePayer = section.choice("network_fee") ?? result.feePayer
    result.maximumFee = amount(section, "maximum_fee", above: .zero) ?? result.maximumFee
    result.confirmations =
      section.value("confirmations") { text throws(Wrong) in UInt32(try Quantity.integer(text, in: 1...1000)) }
      ?? result.confirmations
    result.wallet = section.choice("wallet") ?? result.wallet
    if section.node("approval") != nil { result.approval = approval(section.section("approval")) }
    section.end()
    return result
  }

  private func approval(_ section: YAMLSection) -> ApprovalOptions? {
    let keysNode = section.node("keys")
    let keys = files(section, "keys")
    if keysNode == nil {
      section.report.add(
        section.node("required"), section.key("keys"), "is missing", write: "keys: [alice.pub, bob.pub]")
    }
    let required = section.required("required", example: "2") { text throws(Wrong) in
      try Quantity.integer(text, in: 1...max(1, keys.count))
    }
    let above = amount(section, "above") ?? .zero
    section.end()
    guard let required, !keys.isEmpty else { return nil }
    return ApprovalOptions(above: above, keys: keys, required: required)
  }

  private func amount(_ section: YAMLSection, _ name: String, above bound: AtomicUnits? = nil) -> AtomicUnits? {
    section.value(name) { text throws(Wrong) in
      guard let amount = coin.amount(text) else {
        throw Wrong(
          "“\(text)” is not an amount of \(coin.symbol)",
          "a number with at most \(coin.decimals) digits behind the point")
      }
      if let bound, amount <= bound { throw Wrong("\(text) is not above \(coin.text(bound))", "a larger amount") }
      return amount
    }
  }

  private func files(_ section: YAMLSection, _ name: String) -> [String] {
    section.values(name, of: "files", Name.path).map { TextFile.path($0, besides: path) }
  }

  /// A number with so many digits behind the point, as an integer: exact.
  private func scaled(
    _ text: String, decimals: Int, in range: ClosedRange<Int64>, _ instead: String
  ) throws(Wrong) -> Int64 {
    guard let value = Coin(symbol: "", decimals: decimals).amount(text)?.value, range.contains(value) else {
      throw Wrong("“\(text)” is not a number of that kind", instead)
    }
    return value
  }
}
