import Stratum

/// The prices of all coins: a value that is told what feeds answered, and says what can be trusted.
public struct PriceBook: Sendable {
  public let currency: String
  private let quotes: [String: [String?]]
  private var coins: [String: CoinPrice]

  public init(currency: String = "USD", coins: [String: PriceOptions] = [:]) {
    self.currency = currency
    self.coins = coins.mapValues(CoinPrice.init)
    quotes = coins.mapValues { options in options.feeds.map { $0.currency == currency ? nil : $0.currency } }
  }

  /// A number from a feed, in the feed's own currency.
  /// - Parameters:
  ///   - feed: its place in the options of the coin.
  ///   - ageSeconds: how old the number already was.
  public mutating func received(
    _ value: Double, coin: String, feed: Int, ageSeconds: Double = 0, at now: MonotonicTime
  ) {
    guard let quote = quotes[coin].flatMap({ $0.indices.contains(feed) ? $0[feed] : nil }) else {
      coins[coin]?.received(value, feed: feed, ageSeconds: ageSeconds, at: now)
      return
    }
    guard let rate = price(of: quote, at: now) else {
      let trouble = FeedTrouble(.notAPrice, "quotes in \(quote), which has no price now")
      return failed(trouble, coin: coin, feed: feed, at: now)
    }
    coins[coin]?.received(value * rate, feed: feed, ageSeconds: ageSeconds, at: now)
  }

  public mutating func failed(_ trouble: FeedTrouble, coin: String, feed: Int, at now: MonotonicTime) {
    coins[coin]?.failed(trouble, feed: feed, at: now)
  }

  public func price(of coin: String, at now: MonotonicTime) -> Double? { report(on: coin, at: now).price }

  /// A coin without options has no price, and the report says so.
  public func report(on coin: String, at now: MonotonicTime) -> PriceReport {
    coins[coin]?.report(coin: coin, currency: currency, at: now)
      ?? PriceReport(coin: coin, currency: currency, trouble: "no price of \(coin) is configured; set prices.\(coin)")
  }

  /// Of every coin, by name.
  public func reports(at now: MonotonicTime) -> [PriceReport] {
    coins.keys.sorted().map { report(on: $0, at: now) }
  }
}
