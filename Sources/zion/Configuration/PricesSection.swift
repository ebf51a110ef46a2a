import Orchestrator
import Yams

/// Reads `prices:`.
struct PricesSection {
  private let section: YAMLSection
  private let path: String

  /// - Parameter path: of the configuration, from whose folder files are looked for.
  init(_ section: YAMLSection, path: String) {
    self.section = section
    self.path = path
  }

  static let coinLimit = 64
  static let feedLimit = 8

  func read() -> PricesOptions {
    var result = PricesOptions()
    result.currency = section.value("currency", Name.symbol) ?? result.currency
    for name in section.names where name != "currency" {
      guard (try? Name.symbol(name)) != nil else { continue }
      guard let node = section.node(name) else {
        section.report.add(section.keyNode(name), section.key(name), "is empty", write: "\(name): {static: 1}")
        continue
      }
      result.coins[name] = coin(YAMLSection(node, path: section.key(name), report: section.report), node)
    }
    if result.coins.count > Self.coinLimit {
      section.report.add(line: nil, section.path, "has more than \(Self.coinLimit) coins; write fewer")
    }
    checkCurrencies(result)
    section.end()
    return result
  }

  private func coin(_ part: YAMLSection, _ node: Node) -> CoinPriceOptions {
    var result = CoinPriceOptions()
    result.fixed = part.value("static", Self.price)
    result.jump =
      part.value("jump") { text throws(Wrong) in try Quantity.number(text, in: 1.1...1_000) } ?? result.jump
    result.confirmAfterSeconds =
      part.value("confirm_after") { text throws(Wrong) in try Quantity.seconds(text, in: 10...86_400) }
      ?? result.confirmAfterSeconds
    let ways = ["static", "file", "feeds"].filter { part.node($0) != nil }
    if ways.count != 1, node.mapping != nil {
      let what = ways.isEmpty ? "has no price" : "\(ways.joined(separator: " and ")) are both set"
      part.report.add(node, part.path, what, write: "one of static, file and feeds")
    }
    if part.node("file") != nil {
      result.feeds = [feed(part, node)].compactMap(\.self)
    } else {
      let elements = part.elements("feeds", of: "feeds")
      if elements.count > Self.feedLimit || part.node("feeds") != nil && elements.isEmpty {
        part.report.add(
          part.node("feeds"), part.key("feeds"), "has \(elements.count) feeds", write: "1 to \(Self.feedLimit)")
      }
      result.feeds = elements.compactMap { node, path in
        let one = YAMLSection(node, path: path, report: part.report)
        defer { one.end() }
        return feed(one, node)
      }
    }
    part.end()
    return result
  }

  private func feed(_ part: YAMLSection, _ node: Node) -> PriceFeed? {
    let url = part.value("url", FeedURL.init)
    let file = part.value("file", Name.path)
    let pointer = part.value("pointer", JSONPointer.init)
    let currency = part.value("currency", Name.symbol)
    let every = part.value("every", Self.every)
    let maxAge = part.value("max_age") { text throws(Wrong) in try Quantity.seconds(text, in: 1...2_592_000) }
    let timeout = part.value("timeout") { text throws(Wrong) in try Quantity.seconds(text, in: 0.1...60) }
    if (part.node("url") == nil) == (part.node("file") == nil) {
      part.report.add(node, part.path, "needs url or file", write: "one of them, such as url: https://HOST/PATH")
    } else if part.node("url") != nil, part.node("pointer") == nil {
      part.report.add(node, part.key("pointer"), "is missing", write: "pointer: /path/to/the/number")
    }
    guard let place = url.map(PriceFeed.Place.http) ?? file.map({ .file(TextFile.path($0, besides: path)) }) else {
      return nil
    }
    var result = PriceFeed(place: place, pointer: pointer, currency: currency)
    result.everySeconds = every ?? result.everySeconds
    result.maxAgeSeconds = maxAge ?? result.maxAgeSeconds
    result.timeoutSeconds = timeout ?? result.timeoutSeconds
    if result.maxAgeSeconds < result.everySeconds {
      part.report.add(
        part.node("max_age") ?? node, part.key("max_age"), "is shorter than every", write: "at least two times every")
    }
    return result
  }

  /// A feed may quote in another coin, whose own feeds quote in the currency of all.
  private func checkCurrencies(_ options: PricesOptions) {
    let direct = options.coins.filter { coin in
      coin.value.feeds.allSatisfy { $0.currency == nil || $0.currency == options.currency }
    }
    for (name, coin) in options.coins.sorted(by: { $0.key < $1.key }) {
      for quote in coin.feeds.compactMap(\.currency) where quote != options.currency && direct[quote] == nil {
        section.report.add(
          section.keyNode(name), section.key(name),
          "a feed quotes in \(quote), which has no price in \(options.currency)",
          write: "\(options.currency), or a coin of prices that is quoted in it")
      }
    }
  }

  static func every(_ text: String) throws(Wrong) -> Double { try Quantity.seconds(text, in: 0.5...86_400) }

  private static func price(_ text: String) throws(Wrong) -> Double {
    guard let price = Double(text), price > 0, price <= 1e15 else {
      throw Wrong("“\(text)” is not a price", "a number above 0, such as 65000")
    }
    return price
  }
}
