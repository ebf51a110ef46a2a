import Orchestrator
import Stratum

/// Reads what an entry of `pools` says of the pool's money and place.
struct PoolMoneySection {
  private let section: YAMLSection

  init(_ section: YAMLSection) { self.section = section }

  func read() -> PoolMoneyOptions {
    var result = PoolMoneyOptions()
    result.coin = section.value("coin", Name.symbol)
    result.region = region()
    result.tags = tags()
    result.fee = section.value("fee") { text throws(Wrong) in try Quantity.fraction(text, in: 0...0.5) } ?? 0
    result.scheme = section.choice("scheme") ?? result.scheme
    result.windowSeconds = section.value("window") { text throws(Wrong) in
      try Quantity.seconds(text, in: 60...2_592_000)
    }
    if let node = section.node("window"), result.scheme != .pplns {
      section.report.add(
        node, section.key("window"), "a pool with scheme: \(result.scheme.rawValue) has no window",
        write: "it with scheme: pplns only")
    }
    result.reward = RewardTerms(
      blockReward: section.value("block_reward", Self.coins),
      decimals: section.value("decimals") { text throws(Wrong) in try Quantity.integer(text, in: 0...18) } ?? 8,
      otherScripts: Set(section.values("other_outputs", of: "scripts in hex", Self.script)), addends: addends(),
      blockIntervalSeconds: section.value("block_interval") { text throws(Wrong) in
        try Quantity.seconds(text, in: 1...86_400)
      })
    result.claim = claim()
    result.credited = credited()
    return result
  }

  func region() -> String? { section.value("region", Name.word) }

  func tags() -> Set<String> { Set(section.values("tags", of: "words", Name.word)) }

  func addends() -> [RewardTerms.Addend] {
    section.elements("addends", of: "addends").compactMap { node, path in
      let part = YAMLSection(node, path: path, report: section.report)
      let name = part.required("name", example: "NMC", Name.word)
      let percent = part.value("percent") { text throws(Wrong) in try Quantity.fraction(text, in: 0...10) }
      let coins = part.value("coins", Self.coins)
      if (part.node("percent") == nil) == (part.node("coins") == nil) {
        section.report.add(node, path, "needs percent or coins", write: "one of them, such as percent: 2%")
      }
      part.end()
      guard let name, let amount = percent.map(RewardTerms.Addend.Amount.fraction) ?? coins.map({ .coins($0) }) else {
        return nil
      }
      return RewardTerms.Addend(name: name, amount: amount)
    }
  }

  private func credited() -> PriceFeed? {
    guard let node = section.node("credited") else { return nil }
    let part = YAMLSection(node, path: section.key("credited"), report: section.report)
    defer { part.end() }
    return feed(part)
  }

  private func feed(_ part: YAMLSection) -> PriceFeed? {
    let url = part.required("url", example: "https://pool.example/api/stats", FeedURL.init)
    let pointer = part.required("pointer", example: "/data/btc", JSONPointer.init)
    let every = part.value("every", PricesSection.every) ?? 60
    guard let url, let pointer else { return nil }
    return PriceFeed(place: .http(url), pointer: pointer, everySeconds: every)
  }

  private func claim() -> ClaimOptions? {
    guard let node = section.node("claim") else { return nil }
    let part = YAMLSection(node, path: section.key("claim"), report: section.report)
    let feed = feed(part)
    let unit = part.required("unit", example: "TH") { text throws(Wrong) -> Double in
      let units = ["H": 1, "kH": 1e3, "MH": 1e6, "GH": 1e9, "TH": 1e12, "PH": 1e15]
      guard let unit = units[text] else {
        throw Wrong("“\(text)” is not a unit", "H, kH, MH, GH, TH or PH: for how many hashes a second it is")
      }
      return unit
    }
    part.end()
    guard let feed, let unit else { return nil }
    return ClaimOptions(feed: feed, hashesPerSecond: unit)
  }

  private static func coins(_ text: String) throws(Wrong) -> Double {
    guard let coins = Double(text), coins > 0, coins <= 1e12 else {
      throw Wrong("“\(text)” is not a number of coins", "a number above 0, such as 3.125")
    }
    return coins
  }

  private static func script(_ text: String) throws(Wrong) -> [UInt8] {
    guard text.utf8.count <= 20_000, let bytes = Hex.decode(text), !bytes.isEmpty else {
      throw Wrong("“\(text.prefix(32))” is not a script", "its bytes in hex, such as 76a914…88ac")
    }
    return bytes
  }
}
