import Testing

@testable import Orchestrator

@Suite struct TraceReaderTests {
  private static let coins = """
    coin,algorithm,hashes_per_difficulty_unit
    BTC,sha256d,4294967296
    BCH,sha256d,4294967296
    BSV,sha256d,4294967296
    LTC,scrypt,65536
    """

  private static func time(_ day: Int) -> String {
    let day = day % 28 + 1 + 100 * (day / 28 % 12 + 1)
    return "2020-\(day < 1000 ? "0" : "")\(day / 100)-\(day % 100 < 10 ? "0" : "")\(day % 100)T00:00:00Z"
  }

  private func reader() throws -> TraceReader {
    var reader = TraceReader()
    try reader.readCoins(Self.coins, file: "coins.csv")
    return reader
  }

  private let heading = "time,coin,price_usd,difficulty,block_reward_native,source\n"

  @Test func `coins of one algorithm are a trace, and once more with the coin that came for a while`() throws {
    var text = heading
    for day in 0..<100 {
      text += "\(Self.time(day)),BTC,9000,2,6.25,\"price:mean(open,close)\"\n\(Self.time(day)),BCH,300,1,6.25,x\n"
      if (30..<70).contains(day) { text += "\(Self.time(day)),BSV,200,1,6.25,x\r\n" }
      text += "\(Self.time(day)),LTC,50,1,12.5,x\n"
    }
    let traces = try reader().read(text, file: "market/sha.csv")
    #expect(traces.map(\.sources) == [["BCH", "BTC"], ["BCH", "BSV", "BTC"]])
    #expect(traces.map(\.name) == ["sha.csv", "sha.csv"])
    #expect(traces[0].group == "BCH/BTC 2020-01-01..2020-04-16")
    #expect(traces[1].steps.count == 40)
    let unit = 4_294_967_296.0
    let expected: [Double] = [300 * 6.25 / unit, 9000 * 6.25 / (2 * unit)]
    #expect(traces[0].steps[0].paid == expected)
    #expect(traces[0].steps[1].shown == traces[0].steps[0].paid)
    #expect(traces[0].stepsBeforeFirstPay == 1, "a day's row is known when the next day begins")
  }

  @Test func `a pool's choice is paid by what it shows a day later`() throws {
    var text = "time,algo,pool,estimate_btc_per_ghs_day,actual24h_btc_per_ghs_day\n"
    for hour in 0..<24 * 4 {
      let at = "2018-02-\(21 + hour / 24)T\(hour % 24 < 10 ? "0" : "")\(hour % 24):00:00Z"
      text += "\(at),x17,alpha,1,\(hour + 1)\n\(at),x17,beta,2,\(hour == 30 ? "" : "5")\n\(at),x17,gamma,3,\n"
    }
    let traces = try TraceReader().read(text, file: "pools.csv")
    #expect(traces.map(\.group) == ["x17"])
    #expect(traces[0].sources == ["alpha", "beta"], "gamma never paid")
    #expect(traces[0].steps.count == 72)
    #expect(traces[0].payDelay == 86_400 && traces[0].stepsBeforeFirstPay == 24)
    let tenth: [Double] = [35.0 / 86_400, 5.0 / 86_400]
    #expect(traces[0].steps[10].paid == tenth)
    #expect(traces[0].steps[10].shown == [11, 5])
    #expect(traces[0].steps[6].paid[1] == tenth[1], "an empty field is what was shown last")
  }

  @Test func `a recording is a trace`() throws {
    var text = "time,source,currency_per_hash\n"
    for day in 0..<40 { text += "\(Self.time(day)),alpha,1e-20\n\(Self.time(day)),zion,2e-20\n" }
    #expect(try TraceReader().read(text, file: "r.csv").map(\.sources) == [["alpha", "zion"]])
  }

  @Test func `sources that are seen at times of their own keep what was seen last`() throws {
    var text = "time,source,currency_per_hash\n"
    for hour in 0..<20 {
      let clock = hour < 10 ? "0\(hour)" : "\(hour)"
      text += "2020-01-01T\(clock):00:00Z,alpha,\(hour + 1)\n2020-01-01T\(clock):20:00Z,zion,\(100 + hour)\n"
      text += "2020-01-01T\(clock):40:00Z,zion,\(200 + hour)\n"
    }
    let trace = try #require(try TraceReader().read(text, file: "r.csv").first)
    #expect(trace.sources == ["alpha", "zion"])
    #expect(trace.steps[0].paid == [1, 100], "before, zion was unknown")
    #expect(trace.steps[2].paid == [2, 200])
    #expect(trace.steps[2].shown == [1, 200])
  }

  @Test(arguments: [
    ("a,b\n1,2\n", 1, "the heading is of no trace"),
    ("time,source,currency_per_hash\n2020-01-01T00:00:00Z,a\n", 2, "2 values, but the heading has 3 columns"),
    ("time,source,currency_per_hash\nyesterday,a,1\n", 2, "time: “yesterday” is not like 2018-02-21T21:30:29Z"),
    ("time,source,currency_per_hash\n2020-01-01T00:00:00Z,a,much\n", 2, "currency_per_hash: “much” is not a number"),
    ("time,coin,price_usd,difficulty,block_reward_native\n2020-01-01T00:00:00Z,DOGE,1,1,1\n", 2, "the table of coins"),
    (
      "time,coin,price_usd,difficulty,block_reward_native\n2020-01-01T00:00:00Z,BTC,1,0,1\n", 2,
      "price, difficulty and reward must be above 0"
    ),
  ])
  func `a mistake is named with its line`(text: String, line: Int, what: String) throws {
    let error = try #require(throws: TraceError.self) { try reader().read(text, file: "t.csv") }
    #expect(error.line == line)
    #expect(error.what.hasPrefix(what))
    #expect(error.description.hasPrefix("t.csv:\(line): "))
  }

  @Test func `dates are those of the calendar`() {
    #expect(TraceTime.seconds("1970-01-02T00:00:01Z") == 86_401)
    #expect(TraceTime.seconds("2020-02-29T12:00:00Z") == 1_582_977_600)
    #expect(TraceTime.seconds("2020-13-01T00:00:00Z") == nil)
    for day in stride(from: 0.0, to: 40_000, by: 7) {
      #expect(TraceReader.seconds(ofDay: TraceTime.date(day * 86_400)) == day * 86_400)
    }
  }
}
