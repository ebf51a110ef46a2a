import FoundationEssentials
import Glibc
import Stratum

/// What a look at the HTTP interface costs while miners mine: each page beside `/api/health` in the same run, and the
/// miners' own reply times while `wrk` asks for the slowest page as fast as it can.
public struct APIBenchmark: Sendable {
  /// Between whom the miners are divided.
  public var accounts = 200
  /// The program, by its path or its name in `PATH`.
  public var wrk = "wrk"
  /// Pages whose paths hold this; empty for all.
  public var only = ""
  /// On average each miner has so many seconds for a share, as vardiff aims at.
  private static let shareSeconds = 15.0

  public init() {}

  /// The server's account number `index`.
  public static func account(_ index: Int) -> String {
    let digits = String(index + 1)
    return "ZION_" + String(repeating: "0", count: 40 - digits.count) + digits
  }

  /// Blocks its thread.
  public func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let wrk = try program()
    let poller = try Poller()
    defer { poller.dismiss() }
    let server = try ServerUnderTest.localPool(options: options) { folder throws(BenchError) in
      options.progress("api: a year of sums for \(accounts) accounts and \(options.connections) workers")
      let year = try ChildProcess(
        name: "bench api-year", executable: options.executable,
        arguments: [
          "bench", "api-year", "--database", "\(folder)/\(ServerUnderTest.database)", "--pool",
          ServerUnderTest.poolName, "--accounts", "\(accounts)", "--workers", "\(options.connections)",
        ], logPath: folder + "/year.log")
      try year.finish(within: 3600)
    }
    return try server.attributing { () throws(BenchError) in
      let accounts = accounts
      let miners = Miners(count: options.connections, port: server.port, poller: poller) { index in
        "\(Self.account(index % accounts)).w\(index)"
      }
      defer { miners.leave() }
      _ = try miners.logIn()
      let rate = max(1, Double(miners.count) / Self.shareSeconds)
      options.progress("api: \(miners.count) miners are connected and send \(Int(rate)) shares/s")
      let (pages, worst) = try measurePages(server, miners, rate, poller, options)
      return pages + [try measureShares(server, miners, rate, poller, options, wrk: wrk, page: worst)]
    }
  }

  // MARK: pages

  /// A path to ask for; `{address}` in it is another account each time.
  private struct Page {
    let path: String
    var times = Times()

    var isOfAccounts: Bool { path.contains("{address}") }

    func path(_ number: Int, accounts: Int) -> String {
      path.replacing("{address}", with: APIBenchmark.account(number % accounts))
    }
  }

  /// Milliseconds, one of each round.
  private struct Times {
    var p50: [Double] = []
    var p99: [Double] = []
    /// Of the first question about each account, where a page is of an account.
    var firstP50: [Double] = []
    var healthP99: [Double] = []
    var ratio: Double { Median.of(p99) / Median.of(healthP99) }

    var described: String {
      let p50 = "p50 \(Decimal.fixed(Median.of(p50), decimals: 2)) ms"
      return firstP50.isEmpty
        ? p50 : "\(p50), of each account's first \(Decimal.fixed(Median.of(firstP50), decimals: 2)) ms"
    }
  }

  private func measurePages(
    _ server: ServerUnderTest, _ miners: Miners, _ rate: Double, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> (findings: [Finding], worst: String) {
    let asker = try HTTPAsker(port: server.apiPort, poller: poller)
    defer { asker.close() }
    let trickle = ShareTrickle(miners, perSecond: rate, poller: poller)
    var pages = try pages(asker)
    let seconds = options.seconds / 3
    for round in 1...max(1, options.rounds) {
      options.progress("api: round \(round) of \(options.rounds), \(pages.count) pages beside /api/health")
      for index in pages.indices {
        let (health, _) = try ask(asker, trickle, seconds) { _ in "/api/health" }
        let page = pages[index]
        let (own, first) = try ask(asker, trickle, seconds, first: page.isOfAccounts ? accounts : 0) {
          page.path($0, accounts: accounts)
        }
        pages[index].times.healthP99.append(health.milliseconds(atPercentile: 99))
        pages[index].times.p99.append(own.milliseconds(atPercentile: 99))
        pages[index].times.p50.append(own.milliseconds(atPercentile: 50))
        if page.isOfAccounts { pages[index].times.firstP50.append(first.milliseconds(atPercentile: 50)) }
        try miners.checkAnswers(options)
        try server.process.check()
      }
    }
    let findings = pages.map { page in
      Finding(
        "GET \(page.path) beside /api/health: p99 (\(page.times.described))", unit: "ms",
        ours: Median.of(page.times.p99), baseline: Median.of(page.times.healthP99), aim: .atMost(3),
        judged: .ratio)
    }
    let worst = pages.max { $0.times.ratio < $1.times.ratio }
    return (findings, worst?.path(0, accounts: accounts) ?? "/api/stats")
  }

  /// Questions one after the other while shares flow: all of them, and the first `count` alone.
  private func ask(
    _ asker: HTTPAsker, _ trickle: ShareTrickle, _ seconds: Double, first count: Int = 0,
    path: @escaping (Int) -> String
  ) throws(BenchError) -> (all: LoopResult, first: LoopResult) {
    var result = LoopResult()
    var first = LoopResult()
    var sentAt = Clock.now
    var isDone = false
    let end = sentAt.advanced(bySeconds: seconds)
    asker.onAnswer = { [unowned asker] answer throws(BenchError) in
      let now = Clock.now
      guard answer.status == 200 else {
        throw .server("GET \(path(result.answers)) was answered \(answer.status)")
      }
      result.answers += 1
      _ = result.latency.record(now.nanoseconds - sentAt.nanoseconds)
      if result.answers <= count { _ = first.latency.record(now.nanoseconds - sentAt.nanoseconds) }
      guard now < end else {
        isDone = true
        return
      }
      sentAt = Clock.now
      try asker.ask(path(result.answers))
    }
    defer { asker.onAnswer = { (_) throws(BenchError) in } }
    trickle.resume()
    sentAt = Clock.now
    try asker.ask(path(0))
    while !isDone {
      try trickle.turn()
      guard Clock.now.seconds(since: sentAt) < 60 else {
        throw .timeout(waitingFor: "GET \(path(result.answers))", seconds: 60)
      }
    }
    return (result, first)
  }

  private struct Document: Decodable {
    struct Operation: Decodable {
      /// Of what is not for everybody.
      var security: [[String: [String]]]?
    }
    var paths: [String: [String: Operation]]
  }

  /// All that the server documents and shows to everybody, with things that are there in place of names; a page of something of which there
  /// is nothing is left out. Some are asked for in more ways than one.
  private func pages(_ asker: HTTPAsker) throws(BenchError) -> [Page] {
    let text = try asker.fetch("/api/openapi.json").body
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(text)) else {
      throw .server("/api/openapi.json is not as expected")
    }
    let id = ServerUnderTest.poolName
    var paths = document.paths.filter { ($0.value["get"]).map { $0.security == nil } ?? false }.keys.map { path in
      path.replacing("{id}", with: id).replacing("{height}", with: "\(Self.height)")
    }
    paths += [
      "/api/miners?limit=1000", "/api/workers?pageSize=500", "/api/workers?search=w99&sort=worker",
      "/api/pools/\(id)/performance?r=Month&i=Day", "/api/pools/\(id)/performance?r=Month&i=Hour",
      "/api/pools/\(id)/miners/{address}/performance?mode=Month", "/api/blocks?page=9&pageSize=100",
    ]
    var pages: [Page] = []
    paths.removeAll { path in
      let isOfNothing = path.replacing("{address}", with: "").contains("{")
      return path == "/api/health" || isOfNothing || !only.isEmpty && !path.contains(only)
    }
    guard !paths.isEmpty else { throw .reference("no page has \(only) in its path: see /api/help") }
    for path in paths.sorted() {
      let page = Page(path: path)
      let answer = try asker.fetch(page.path(0, accounts: accounts))
      guard answer.status == 200 else {
        let said = String(decoding: answer.body.prefix(200), as: UTF8.self)
        throw .server("GET \(path) was answered \(answer.status): \(said)")
      }
      pages.append(page)
    }
    return pages
  }

  /// Of a block that is in the year.
  public static let height: UInt32 = 1_000_000

  // MARK: shares

  private func measureShares(
    _ server: ServerUnderTest, _ miners: Miners, _ rate: Double, _ poller: Poller, _ options: BenchOptions,
    wrk: String, page: String
  ) throws(BenchError) -> Finding {
    let folder = try BenchFolder(in: options.directory)
    // What was sent beside the pages is not counted here.
    try miners.settle()
    var quiet: [Double] = []
    var loud: [Double] = []
    for round in 1...max(1, options.rounds) {
      options.progress("api: round \(round) of \(options.rounds), shares with and without wrk on \(page)")
      quiet.append(try shares(miners, rate, poller, options))
      let log = "\(folder.path)/wrk-\(round).log"
      let load = try ChildProcess(
        name: "wrk", executable: wrk,
        arguments: [
          "-t1", "-c16", "-d\(Int(options.seconds.rounded(.up)) + 2)s",
          "http://127.0.0.1:\(server.apiPort)\(page)",
        ], logPath: log)
      // Until its connections are open.
      try poller.run(for: 0.5)
      loud.append(try shares(miners, rate, poller, options))
      while try !load.isDone() { try poller.run(for: 0.05) }
      try server.process.check()
      let lines = String(decoding: ProcFile.read(log), as: UTF8.self).split(separator: "\n")
      guard let speed = lines.first(where: { $0.hasPrefix("Requests/sec:") }) else {
        throw .process(name: "wrk", problem: "did not say how many requests it made", log: load.logTail)
      }
      options.progress("  wrk: \(speed.split(separator: " ").last ?? "?") requests/s")
    }
    return Finding(
      "\(Int(rate)) shares/s of \(miners.count) miners while wrk -t1 -c16 asks for \(page): p99 from due", unit: "ms",
      ours: Median.of(loud), baseline: Median.of(quiet), aim: .atMost(1.1), judged: .ratio)
  }

  private func shares(
    _ miners: Miners, _ rate: Double, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> Double {
    let result = try ShareLoops.open(
      miners, connections: miners.count, perSecond: rate, seconds: options.seconds, poller: poller)
    try miners.checkAnswers(options)
    let late = Double(result.lateness.valueAtPercentile(99)) / 1e6
    let p99 = result.milliseconds(atPercentile: 99)
    options.progress(
      "  p99 \(Decimal.fixed(p99, decimals: 2)) ms; the load generator itself was late: p99 "
        + "\(Decimal.fixed(late, decimals: 2)) ms")
    return p99
  }

  /// Where `wrk` is.
  private func program() throws(BenchError) -> String {
    let path = ProcFile.environment().first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/bin"
    let places = wrk.contains("/") ? [wrk] : path.split(separator: ":").map { "\($0)/\(wrk)" }
    guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
      throw .reference("there is no program \(wrk), which loads the API: apt install wrk, or name it with --wrk PATH")
    }
    return found
  }
}
