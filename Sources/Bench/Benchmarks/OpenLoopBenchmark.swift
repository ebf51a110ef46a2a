import Stratum

/// Shares at a fixed rate, timed from when each was due: a server that stalls is charged for all that waited.
enum OpenLoopBenchmark {
  private static let rate = 2000.0
  private static let busy = 200

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let count = max(busy, min(1000, options.connections))
    let poller = try Poller()
    defer { poller.dismiss() }
    let upstream = try FakeUpstream(
      difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty * 16), poller: poller)
    let server = try ServerUnderTest.proxy(upstream: upstream.port, options: options)
    try upstream.waitForProxy(server)
    return try server.attributing { () throws(BenchError) in try measure(server, count, poller, options) }
  }

  private static func measure(_ server: ServerUnderTest, _ count: Int, _ poller: Poller, _ options: BenchOptions)
    throws(BenchError) -> [Finding]
  {
    let miners = Miners(count: count, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    _ = try miners.logIn()
    let echo = try BaselineProcess(["echo"], options: options)
    let clients = EchoClients(count: count, port: echo.port, userName: ServerUnderTest.userName, poller: poller)
    defer { clients.leave() }
    try clients.connectAll()

    var ours: [LoopResult] = []
    var bare: [LoopResult] = []
    let seconds = max(options.seconds, 1)
    for round in 1...max(1, options.rounds) {
      options.progress("openloop: round \(round) of \(options.rounds), \(Int(rate)) shares/s on \(busy) of \(count)")
      try miners.prepare(0..<busy, shares: Int(rate * seconds) / busy + 1)
      ours.append(
        try ShareLoops.open(miners, connections: busy, perSecond: rate, seconds: seconds, poller: poller))
      try miners.checkAnswers(options)
      bare.append(
        try ShareLoops.open(clients, connections: busy, perSecond: rate, seconds: seconds, poller: poller))
    }
    let late = Median.of(ours.map { Double($0.lateness.valueAtPercentile(99)) / 1e6 })
    options.progress(
      "  the load generator itself sent 99 % of the shares within \(Decimal.fixed(late, decimals: 3)) ms")
    return [50.0, 99.0].map { percentile in
      Finding(
        "2,000 shares/s on \(busy) of \(count) miners: p\(Int(percentile)) from due", unit: "ms",
        ours: Median.of(ours.map { $0.milliseconds(atPercentile: percentile) }),
        baseline: Median.of(bare.map { $0.milliseconds(atPercentile: percentile) }))
    }
  }
}
