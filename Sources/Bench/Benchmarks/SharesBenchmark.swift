import Stratum

/// Shares in a closed loop on 200 busy connections: every share is real, and the server hashes every one.
enum SharesBenchmark {
  static let busy = 200

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    var findings: [Finding] = []
    for (name, easing) in [("proxy, 1 share in 16 goes upstream", 16.0), ("proxy, every share goes upstream", 1.0)] {
      let (ours, bare) = try measure(name, options) { poller throws(BenchError) in
        let upstream = try FakeUpstream(
          difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty * easing), poller: poller)
        let server = try ServerUnderTest.proxy(upstream: upstream.port, options: options)
        try upstream.waitForProxy(server)
        return (server, upstream)
      }
      findings += rows(name, ours, bare, processorAim: 2.5)
    }
    let name = "local pool, journal on"
    let (ours, bare) = try measure(name, options) { (_) throws(BenchError) in
      (try ServerUnderTest.localPool(options: options), nil)
    }
    return findings + rows(name, ours, bare, processorAim: 3)
  }

  private static func rows(_ name: String, _ ours: ShareSeries, _ bare: ShareSeries, processorAim: Double) -> [Finding]
  {
    // The aims of throughput and latency are those of a reply that waits for nothing but the hash.
    let isLocalReply = processorAim < 3
    return [
      Finding(
        "\(name): shares", unit: "per s", ours: Median.of(ours.perSecond), baseline: Median.of(bare.perSecond),
        aim: isLocalReply ? .atLeast(0.5) : nil, judged: .ratio),
      Finding("\(name): p50", unit: "ms", ours: Median.of(ours.p50), baseline: Median.of(bare.p50)),
      Finding(
        "\(name): p99", unit: "ms", ours: Median.of(ours.p99), baseline: Median.of(bare.p99),
        aim: isLocalReply ? .atMost(2) : nil, judged: .ratio),
      Finding(
        "\(name): processor per 100,000 shares", unit: "s", ours: Median.of(ours.processor),
        baseline: Median.of(bare.processor), aim: .atMost(processorAim)),
    ]
  }

  private static func measure(
    _ name: String, _ options: BenchOptions,
    start: (Poller) throws(BenchError) -> (ServerUnderTest, FakeUpstream?)
  ) throws(BenchError) -> (ours: ShareSeries, bare: ShareSeries) {
    let poller = try Poller()
    defer { poller.dismiss() }
    let (server, upstream) = try start(poller)
    return try server.attributing { () throws(BenchError) in
      try rounds(name, server, upstream, poller, options)
    }
  }

  private static func rounds(
    _ name: String, _ server: ServerUnderTest, _ upstream: FakeUpstream?, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> (ours: ShareSeries, bare: ShareSeries) {
    let miners = Miners(count: busy, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    _ = try miners.logIn()
    let echo = try BaselineProcess(["echo"], options: options)
    let clients = EchoClients(count: busy, port: echo.port, userName: ServerUnderTest.userName, poller: poller)
    defer { clients.leave() }
    try clients.connectAll()

    var ours = ShareSeries()
    var bare = ShareSeries()
    var expected = 2000.0
    // The first round warms both up and tells how many shares the next ones need.
    for round in 0...options.rounds {
      if round > 0 { options.progress("shares: \(name), round \(round) of \(options.rounds)") }
      let seconds = round == 0 ? min(options.seconds, 1) : options.seconds
      try miners.prepare(0..<busy, shares: Int(expected * seconds * 1.3) / busy + 10)
      let before = try server.process.processorSeconds()
      let result = try ShareLoops.closed(miners, connections: busy, seconds: seconds, poller: poller)
      let used = try server.process.processorSeconds() - before
      try miners.checkAnswers(options)
      let bareBefore = try echo.process.processorSeconds()
      let bareResult = try ShareLoops.closed(clients, connections: busy, seconds: seconds, poller: poller)
      let bareUsed = try echo.process.processorSeconds() - bareBefore
      expected = result.perSecond
      guard round > 0 else { continue }
      ours.add(result, processorSeconds: used)
      bare.add(bareResult, processorSeconds: bareUsed)
    }
    if let upstream {
      options.progress("  \(miners.accepted) shares accepted, \(upstream.sharesReceived) of them came to the upstream")
    }
    return (ours, bare)
  }
}
