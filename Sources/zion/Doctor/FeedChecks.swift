import AsyncHTTPClient
import NIOCore
import Orchestrator

/// Every feed of prices, claims and credits, asked once.
struct FeedChecks {
  let configuration: Configuration
  let http: HTTPClient

  func run() async -> [DoctorFinding] {
    var feeds: [(name: String, feed: PriceFeed)] = []
    for (coin, options) in configuration.prices.coins.sorted(by: { $0.key < $1.key }) {
      feeds += options.feeds.map { ("price of \(coin)", $0) }
    }
    for pool in configuration.pools where pool.isEnabled {
      if let claim = pool.money.claim { feeds.append(("claim of \(pool.name)", claim.feed)) }
      if let credited = pool.money.credited { feeds.append(("credits of \(pool.name)", credited)) }
    }
    guard !feeds.isEmpty else { return [.ok("prices", "no feed is configured")] }
    let reader = FeedReader(http: http)
    let answers = await withTaskGroup(of: (Int, Result<FeedReader.Answer, FeedTrouble>).self) { tasks in
      for (index, entry) in feeds.enumerated() { tasks.addTask { (index, await reader.read(entry.feed)) } }
      return await tasks.reduce(into: [Int: Result<FeedReader.Answer, FeedTrouble>]()) { $0[$1.0] = $1.1 }
    }
    return feeds.indices.compactMap { index in
      answers[index].map { Self.judge($0, name: feeds[index].name, feed: feeds[index].feed) }
    }
  }

  static func judge(_ answer: Result<FeedReader.Answer, FeedTrouble>, name: String, feed: PriceFeed) -> DoctorFinding {
    switch answer {
    case .success(let answer) where answer.ageSeconds > feed.maxAgeSeconds:
      .fault(
        "prices",
        "\(name): \(feed.place.name) is \(Table.duration(answer.ageSeconds)) old, and counts for "
          + Table.duration(feed.maxAgeSeconds),
        do: "see what should write it, or write a longer max_age")
    case .success(let answer): .ok("prices", "\(name): \(feed.place.name) says \(Quantity.shown(answer.value))")
    case .failure(let trouble):
      .fault(
        "prices", "\(name): \(feed.place.name) \(trouble.description)",
        do:
          "open its address in a browser, and compare url and pointer; without a price no pool is chosen by its revenue"
      )
    }
  }
}
