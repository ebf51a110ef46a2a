import Stratum
import Yams

/// Reads `local:`.
struct LocalPoolSection {
  private let section: YAMLSection
  private let algorithm: Algorithm
  private let path: String

  /// - Parameter path: of the configuration, from whose folder other files are looked for.
  init(_ section: YAMLSection, algorithm: Algorithm, path: String) {
    self.section = section
    self.path = path
    self.algorithm = algorithm
  }

  private enum NodeKind: String, CaseIterable { case embedded, bitcoin }

  func read() -> LocalPoolOptions {
    var result = LocalPoolOptions()
    result.isEnabled = section.value("enabled", Quantity.boolean) ?? true
    result.name = section.value("name", Name.source) ?? result.name
    let kind: NodeKind = section.choice("node") ?? .embedded
    result.algorithms = algorithms(kind)
    let (embedded, bitcoin) = (readEmbedded(), readBitcoin(isUsed: result.isEnabled && kind == .bitcoin))
    result.node = kind == .embedded ? embedded : bitcoin
    if kind == .bitcoin, result.isEnabled {
      result.address = section.required("address", example: "the address that blocks pay", Name.address) ?? ""
      result.fees = []
    } else {
      result.address = section.value("address", Name.address) ?? result.address
    }
    if section.node("fees") != nil { result.fees = fees() }
    result.database = DatabaseSection(section: section, path: path).read() ?? result.database
    result.retentionDays =
      section.value("retention") { text throws(Wrong) in try Quantity.days(text, in: 8...36_500) }
      ?? result.retentionDays
    result.shareGraceSeconds =
      section.value("share_grace") { text throws(Wrong) in try Quantity.seconds(text, in: 0...60) }
      ?? result.shareGraceSeconds
    result.coinbaseTag = section.value("coinbase_tag", Name.coinbaseTag) ?? result.coinbaseTag
    result.coin = coin(kind)
    let place = PoolMoneySection(section)
    (result.region, result.tags, result.addends) = (place.region(), place.tags(), place.addends())
    let money = MoneySection(coin: result.coin, hasTransfers: kind == .bitcoin, path: path)
    result.rewards = money.rewards(section.section("rewards"))
    result.payouts = money.payouts(section.section("payouts"))
    section.end()
    return result
  }

  private func coin(_ kind: NodeKind) -> Coin {
    let part = section.section("coin")
    let known = kind == .embedded ? Coin.zion : Coin.bitcoin
    let symbol = part.value("symbol", Name.symbol) ?? known.symbol
    let decimals = part.value("decimals") { text throws(Wrong) in try Quantity.integer(text, in: 0...18) }
    part.end()
    return Coin(symbol: symbol, decimals: decimals ?? known.decimals)
  }

  private func algorithms(_ kind: NodeKind) -> [Algorithm] {
    let one: Algorithm? = section.choice("algorithm")
    let (node, several) = (section.node("algorithms"), several())
    guard one == nil || several == nil else {
      section.report.add(node, section.key("algorithms"), "algorithm is set too", write: "only one of them")
      return [algorithm]
    }
    if kind == .bitcoin, let several, several.count > 1 {
      section.report.add(
        node, section.key("algorithms"), "a Bitcoin node's chain has one", write: "algorithm: NAME")
    }
    return several ?? one.map { [$0] } ?? (kind == .embedded ? Algorithm.allCases : [algorithm])
  }

  /// `nil` when it is not set.
  private func several() -> [Algorithm]? {
    guard let node = section.node("algorithms") else { return nil }
    if node.scalar?.string == "all" { return Algorithm.allCases }
    let list = section.values("algorithms", of: "algorithms") { text throws(Wrong) -> Algorithm in
      guard let algorithm = Algorithm(rawValue: text) else {
        throw Wrong("“\(text)” is not known", Algorithm.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return algorithm
    }
    for (index, one) in list.enumerated() where list[..<index].contains(one) {
      section.report.add(node, section.key("algorithms"), "“\(one.rawValue)” is there twice", write: "each once")
    }
    if list.isEmpty, node.sequence?.isEmpty ?? false {
      section.report.add(node, section.key("algorithms"), "is empty", write: "at least one, or all")
    }
    return list.isEmpty ? nil : list
  }

  private func readEmbedded() -> NodeOptions {
    let part = section.section("embedded")
    let network = part.value("network", Name.network) ?? "dev"
    let seconds = part.value("interval") { text throws(Wrong) in try Quantity.seconds(text, in: 1...3600) } ?? 120
    part.end()
    return .embedded(network: network, blockSeconds: Int(seconds.rounded()))
  }

  private func readBitcoin(isUsed: Bool) -> NodeOptions {
    let part = section.section("bitcoin")
    let urls = part.values("urls", of: "URLs") { text throws(Wrong) in try NodeURL(text) }
    if isUsed, part.elements("urls", of: "URLs").isEmpty {
      section.report.add(
        part.node("urls") ?? section.node("bitcoin") ?? section.node("node"), part.key("urls"), "is missing",
        write: "urls: [\"http://USER:PASSWORD@127.0.0.1:8332\"]")
    }
    let poll = part.value("poll") { text throws(Wrong) in try Quantity.seconds(text, in: 0.05...60) } ?? 0.5
    part.end()
    return .bitcoin(urls: urls, pollSeconds: poll)
  }

  private func fees() -> [FeeOption] {
    let elements = section.elements("fees", of: "fees")
    let fees = elements.compactMap { node, path -> FeeOption? in
      let part = YAMLSection(node, path: path, report: section.report)
      let to = part.required("to", example: "humanitarian, development, genesis, pool or an address", Name.address)
      let amount = part.required("percent", example: "1, or by-year") { text throws(Wrong) -> FeeOption.Amount in
        text == "by-year" ? .byYear : .basisPoints(try Quantity.basisPoints(text))
      }
      part.end()
      guard let to, let amount else { return nil }
      return FeeOption(to: to, amount: amount)
    }
    // By the highest year, so that no fee has to be changed in time.
    let sum = fees.reduce(0) { $0 + $1.basisPoints(inYear: .max) }
    if sum >= 10_000 {
      section.report.add(
        elements.first?.node, section.key("fees"), "together they reach \(Quantity.shown(Double(sum) / 100)) %",
        write: "fees below 100 % in every year")
    }
    return fees
  }
}
