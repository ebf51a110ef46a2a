import AsyncHTTPClient
import Logging
import Orchestrator

/// Asks all feeds, each at its own pace, until cancelled, and tells the desk what they said.
struct PriceFeeds: Sendable {
  let prices: PricesOptions
  let claims: [String: ClaimOptions]
  let credits: [String: PriceFeed]
  let reader: FeedReader
  let desk: EconomicsDesk
  let logger: Logger

  init(_ configuration: Configuration, reader: FeedReader, desk: EconomicsDesk, logger: Logger) {
    prices = configuration.prices
    let pools = configuration.pools.filter(\.isEnabled)
    claims = Dictionary(pools.compactMap { pool in pool.money.claim.map { (pool.name, $0) } }) { first, _ in first }
    credits = Dictionary(pools.compactMap { pool in pool.money.credited.map { (pool.name, $0) } }) { first, _ in
      first
    }
    self.reader = reader
    self.desk = desk
    self.logger = logger
  }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for (coin, options) in prices.coins {
        for (index, feed) in options.feeds.enumerated() {
          group.addTask { await follow(feed) { await desk.received($0, coin: coin, feed: index) } }
        }
      }
      for (pool, claim) in claims {
        group.addTask {
          await follow(claim.feed) { answer in
            await desk.claimed(answer.map { claim.coinsPerHash($0.value) }, by: pool)
          }
        }
      }
      for (pool, feed) in credits {
        group.addTask { await follow(feed) { await desk.credited($0, by: pool) } }
      }
      // Without any feed this is still a part that runs until it is told to stop.
      group.addTask { await pause(seconds: .infinity) }
      await group.waitForAll()
    }
  }

  private func follow(
    _ feed: PriceFeed, tell: @Sendable (Result<FeedReader.Answer, FeedTrouble>) async -> Void
  ) async {
    var wasGood = true
    while !Task.isCancelled {
      let answer = await reader.read(feed)
      guard !Task.isCancelled else { return }
      await tell(answer)
      switch answer {
      case .success: wasGood = true
      case .failure(let trouble):
        if wasGood {
          logger.warning(
            "a feed gives no number",
            metadata: [
              "feed": "\(feed.place.name)", "state": "\(trouble.state.rawValue)", "reason": "\(trouble.description)",
            ])
        }
        wasGood = false
      }
      await pause(seconds: feed.everySeconds)
    }
  }

  /// Returns early when cancelled.
  private func pause(seconds: Double) async {
    do {
      try await Task.sleep(for: seconds.isFinite ? .seconds(seconds) : .seconds(1_000_000_000))
    } catch {}
  }
}
