import Orchestrator
import Stratum
import Testing

@Suite struct PriceBookTests {
  private static let age = 600.0

  /// A book of one coin, with a clock of seconds.
  struct Market {
    var book: PriceBook
    var now = MonotonicTime.zero.advanced(bySeconds: 10_000)

    init(feeds: Int, confirmAfter: Double = 1_800) {
      let feeds = (0..<feeds).map { PriceFeedOptions(name: "feed\($0)", maxAgeSeconds: PriceBookTests.age) }
      book = PriceBook(coins: ["BTC": PriceOptions(.feeds(feeds), confirmAfterSeconds: confirmAfter)])
    }

    mutating func wait(_ seconds: Double) { now = now.advanced(bySeconds: seconds) }
    mutating func say(_ value: Double, _ feed: Int = 0) { book.received(value, coin: "BTC", feed: feed, at: now) }
    mutating func fail(_ state: FeedState, _ words: String, _ feed: Int = 0) {
      book.failed(FeedTrouble(state, words), coin: "BTC", feed: feed, at: now)
    }
    var report: PriceReport { book.report(on: "BTC", at: now) }
    var price: Double? { report.price }
  }

  @Test func `a fixed price is always right`() {
    let book = PriceBook(coins: ["BTC": PriceOptions(.fixed(65_000))])
    let report = book.report(on: "BTC", at: .zero.advanced(bySeconds: 1e6))
    #expect(report.price == 65_000 && report.confidence == 1 && report.ageSeconds == 0 && report.trouble == nil)
  }

  @Test func `a coin that nobody configured has no price, and the report says what to set`() {
    let report = PriceBook().report(on: "LTC", at: .zero)
    #expect(report.price == nil && report.trouble == "no price of LTC is configured; set prices.LTC")
  }

  @Test func `before the first answer there is no price`() {
    let market = Market(feeds: 1)
    #expect(market.price == nil && market.report.feeds[0].state == .waiting)
    #expect(market.report.trouble == "feed0 has not answered yet")
  }

  @Test(arguments: [
    (FeedState.unreachable, "cannot be reached"), (.slow, "did not answer within 10s"),
    (.notJSON, "did not answer with JSON"), (.missing, "has nothing at /price"),
    (.refused, "answered with status 503"), (.tooLong, "answered with more than 1048576 bytes"),
  ])
  func `a feed that fails leaves the last price until that is too old, then none`(state: FeedState, words: String) {
    var market = Market(feeds: 1)
    market.say(65_000)
    #expect(market.price == 65_000 && market.report.confidence == 1 && market.report.trouble == nil)
    market.wait(60)
    market.fail(state, words)
    #expect(market.price == 65_000 && market.report.ageSeconds == 60)
    #expect(market.report.feeds[0].state == state && market.report.trouble == "feed0 \(words)")
    #expect(market.report.confidence < 1)
    market.wait(Self.age - 60)
    market.fail(state, words)
    #expect(market.price == 65_000)
    market.wait(1)
    #expect(market.price == nil && market.report.confidence == 0)
    #expect(market.report.trouble == "the last price is 601 s old: feed0 \(words)")
    market.say(66_000)
    #expect(market.price == 66_000 && market.report.trouble == nil)
  }

  @Test func `a feed that says nothing at all is stale`() {
    var market = Market(feeds: 1)
    market.say(65_000)
    market.wait(700)
    #expect(market.price == nil && market.report.feeds[0].state == .stale)
    #expect(market.report.trouble == "the last price is 700 s old: feed0 gave its last price 700 s ago")
  }

  @Test(arguments: [65_000_000.0, 65.0]) func `an absurd price is not taken`(absurd: Double) {
    var market = Market(feeds: 1)
    market.say(65_000)
    for _ in 0..<20 {
      market.wait(10)
      market.say(absurd)
      #expect(market.price == 65_000 && market.report.feeds[0].state == .absurd)
    }
    #expect(market.report.trouble == "feed0 says \(absurd), and the last price was 65000.0")
    market.wait(Self.age)
    market.say(absurd)
    #expect(market.price == nil, "neither the old price, which is too old, nor the absurd one")
    market.say(65_100)
    #expect(market.price == 65_100 && market.report.feeds[0].state == .good)
  }

  @Test func `an absurd price is taken when it has held, and starts anew when it changes`() {
    var market = Market(feeds: 1, confirmAfter: 900)
    market.say(65_000)
    market.wait(10)
    market.say(6.5)
    market.wait(500)
    market.say(65_000_000)
    market.wait(500)
    market.say(65_000_000)
    #expect(market.price == nil)
    market.wait(400)
    market.say(66_000_000)
    #expect(market.price == 66_000_000)
  }

  @Test func `a move of twenty percent is taken at once`() {
    var market = Market(feeds: 1)
    market.say(100)
    market.wait(1)
    market.say(80)
    #expect(market.price == 80)
  }

  @Test(arguments: [0, -1, .nan, .infinity, -.infinity, -0.0, 1e300, 1e-300] as [Double])
  func `what is no price is trouble`(value: Double) {
    var market = Market(feeds: 1)
    market.say(65_000)
    market.wait(5)
    market.say(value)
    #expect(market.price == 65_000 && market.report.feeds[0].state == .notAPrice)
  }

  @Test func `of several feeds the median counts`() {
    var market = Market(feeds: 3)
    market.say(100, 0)
    #expect(market.price == nil, "the others may still answer")
    market.say(104, 1)
    #expect(market.price == 102)
    market.say(101, 2)
    #expect(market.price == 101 && market.report.confidence == 1)
  }

  @Test func `one absurd feed of three is left out from the beginning`() {
    var market = Market(feeds: 3)
    market.say(100_000, 0)
    market.say(100, 1)
    #expect(market.price == nil, "two that contradict each other")
    market.say(101, 2)
    #expect(market.price == 100.5)
    #expect(market.report.feeds.map(\.state) == [.absurd, .good, .good])
    #expect(market.report.confidence < 1)
  }

  @Test func `a jump that most feeds make is a jump of the market`() {
    var market = Market(feeds: 3)
    for feed in 0..<3 { market.say(100, feed) }
    market.wait(10)
    market.say(1_000, 0)
    #expect(market.price == 100)
    market.say(1_010, 1)
    #expect(market.price == 1_005)
  }

  @Test func `one feed is believed when the others are down`() {
    var market = Market(feeds: 2)
    market.fail(.unreachable, "cannot be reached", 1)
    market.say(100, 0)
    #expect(market.price == 100 && market.report.confidence == 0.9)
    #expect(market.report.trouble == "feed1 cannot be reached")
  }

  @Test func `a feed may quote in another coin`() {
    let quoted = PriceFeedOptions(name: "exchange", currency: "BTC")
    var book = PriceBook(
      currency: "EUR", coins: ["BTC": PriceOptions(.fixed(50_000)), "ZION": PriceOptions(.feeds([quoted]))])
    book.received(0.0002, coin: "ZION", feed: 0, at: .zero)
    #expect(book.price(of: "ZION", at: .zero) == 10)
    #expect(book.report(on: "ZION", at: .zero).currency == "EUR")
  }

  @Test func `a price that was old when it was read is as old as it was`() {
    var book = PriceBook(coins: ["BTC": PriceOptions(.feeds([PriceFeedOptions(name: "file", maxAgeSeconds: 60)]))])
    let now = MonotonicTime.zero.advanced(bySeconds: 1_000)
    book.received(5, coin: "BTC", feed: 0, ageSeconds: 50, at: now)
    #expect(book.report(on: "BTC", at: now).ageSeconds == 50 && book.price(of: "BTC", at: now) == 5)
    #expect(book.price(of: "BTC", at: now.advanced(bySeconds: 11)) == nil)
    book.received(6, coin: "BTC", feed: 0, ageSeconds: 61, at: now.advanced(bySeconds: 11))
    #expect(book.price(of: "BTC", at: now.advanced(bySeconds: 11)) == nil)
  }

  @Test func `news of a feed or coin that is not there changes nothing`() {
    var market = Market(feeds: 1)
    market.say(100, 7)
    market.say(100, -1)
    market.book.received(1, coin: "DOGE", feed: 0, at: market.now)
    #expect(market.price == nil && market.book.reports(at: market.now).map(\.coin) == ["BTC"])
  }
}
