import AsyncHTTPClient
import Foundation
import Logging
import NIOPosix
import Orchestrator
import Pool
import Stratum
import TestSupport
import Testing

@testable import zion

/// Feeds over real sockets and files.
@Suite struct FeedTests {
  /// Runs `body` with an HTTP client as `zion run` has it, and a feed that gives `answer`.
  private func withFeed(
    _ answer: FakeFeed.Answer, _ body: (FeedReader, FakeFeed) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let http = AsyncHTTPClient.HTTPClient(
      eventLoopGroupProvider: .shared(group), configuration: BitcoinNode.httpConfiguration)
    do {
      try await body(FeedReader(http: http), try await FakeFeed(answer, on: group))
    } catch {
      try await http.shutdown()
      throw error
    }
    try await http.shutdown()
  }

  private func feed(_ url: String, pointer: String = "/bitcoin/usd", timeout: Double = 10) throws -> PriceFeed {
    var feed = PriceFeed(place: .http(try FeedURL(url)), pointer: try JSONPointer(pointer))
    feed.timeoutSeconds = timeout
    return feed
  }

  private func failure(of answer: Result<FeedReader.Answer, FeedTrouble>) -> FeedTrouble? {
    if case .failure(let trouble) = answer { trouble } else { nil }
  }

  @Test func `a number at the pointer is the price`() async throws {
    try await withFeed(.body(#"{"bitcoin": {"usd": 65000.5, "eur": "61000"}}"#)) { reader, server in
      let dollars = try await reader.read(feed(server.url))
      #expect(dollars == .success(.init(value: 65_000.5)))
      let euros = try await reader.read(feed(server.url, pointer: "/bitcoin/eur"))
      #expect(euros == .success(.init(value: 61_000)))
    }
  }

  @Test(arguments: [
    (#"{"bitcoin": {"usd": 65"#, 200, FeedState.notJSON), ("<html>busy</html>", 200, .notJSON), ("", 200, .notJSON),
    (#"{"bitcoin": {}}"#, 200, .missing), ("[]", 200, .missing), (#"{"bitcoin": {"usd": null}}"#, 200, .notAPrice),
    (#"{"bitcoin": {"usd": "NaN"}}"#, 200, .notAPrice), (#"{"bitcoin": {"usd": 0}}"#, 200, .notAPrice),
    (#"{"bitcoin": {"usd": -5}}"#, 200, .notAPrice), (#"{"bitcoin": {"usd": [1]}}"#, 200, .notAPrice),
    (#"{"bitcoin": {"usd": 65000}}"#, 500, .refused), (#"{"bitcoin": {"usd": 65000}}"#, 429, .refused),
  ])
  func `what is no price is said to be none`(body: String, status: Int, state: FeedState) async throws {
    try await withFeed(.body(body, status: status)) { reader, server in
      let answer = try await reader.read(feed(server.url))
      let trouble = try #require(failure(of: answer), "\(answer)")
      #expect(trouble.state == state, "\(trouble)")
    }
  }

  @Test(arguments: [0, 1]) func `a feed that is slow, from the start or in the middle, is given up`(way: Int)
    async throws
  {
    try await withFeed(way == 0 ? .hangs : .trickles) { reader, server in
      let answer = try await reader.read(feed(server.url, timeout: 0.3))
      #expect(answer == .failure(FeedTrouble(.slow, "did not answer within 300ms")))
    }
  }

  @Test func `an answer without end is not taken in`() async throws {
    try await withFeed(.long(FeedReader.byteLimit + 1)) { reader, server in
      let answer = try await reader.read(feed(server.url))
      #expect(answer == .failure(FeedTrouble(.tooLong, "answered with more than 1048576 bytes")))
    }
  }

  @Test func `a feed that is gone or hangs up cannot be reached`() async throws {
    try await withFeed(.closes) { reader, server in
      for _ in 0..<2 {
        let answer = try await reader.read(feed(server.url))
        let trouble = try #require(failure(of: answer), "\(answer)")
        #expect(trouble.state == .unreachable && trouble.description.hasPrefix("cannot be reached"))
        try? await server.stop()
      }
    }
  }

  @Test func `a file's price is as old as the file`() async throws {
    let folder = try TemporaryFolder("feed")
    let path = try folder.write(" 12.5 \n", to: "price")
    try await withFeed(.hangs) { reader, _ in
      let written = Date(timeIntervalSinceNow: -100)
      try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: path)
      let answer = try await reader.read(PriceFeed(place: .file(path))).get()
      #expect(answer.value == 12.5)
      #expect((99...Date.now.timeIntervalSince(written) + 1).contains(answer.ageSeconds))
      try folder.write("twelve", to: "price")
      #expect(throws: FeedTrouble.self) { try FeedReader.number(in: Data("twelve".utf8), at: nil) }
      let none = await reader.read(PriceFeed(place: .file(path + "s")))
      let trouble = try #require(failure(of: none), "\(none)")
      #expect(trouble.state == .unreachable)
    }
  }

  @Test func `feeds are asked at their pace until the end, and the desk hears all`() async throws {
    try await withFeed(.body(#"{"bitcoin": {"usd": 100}}"#)) { reader, server in
      var configuration = Configuration()
      var one = try feed(server.url)
      one.everySeconds = 0.02
      configuration.prices.coins["BTC"] = CoinPriceOptions(feeds: [one])
      let desk = EconomicsDesk(pools: [:], prices: configuration.prices.book)
      let feeds = PriceFeeds(
        configuration, reader: reader, desk: desk,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      let task = Task { await feeds.run() }
      try await eventually("a price") { await desk.priceReports().first?.price == 100 }
      server.answer(.body(#"{"bitcoin": {"usd": 100000}}"#))
      try await eventually("an absurd one") { await desk.priceReports().first?.feeds.first?.state == .absurd }
      #expect(await desk.priceReports().first?.price == 100)
      server.answer(.body("busy", status: 503))
      try await eventually("a refusal") { await desk.priceReports().first?.feeds.first?.state == .refused }
      server.answer(.body(#"{"bitcoin": {"usd": 101}}"#))
      try await eventually("the price again") { await desk.priceReports().first?.price == 101 }
      task.cancel()
      await task.value
      #expect(server.requestCount > 3)
    }
  }
}
