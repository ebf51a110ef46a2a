import Stratum

/// What a connected miner costs in memory, and how fast miners come back after a restart.
enum ConnectionsBenchmark {
  private struct Round {
    var bytesPerConnection: Double
    var loginsPerSecond: Double
  }

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    var ours: [Round] = []
    var bare: [Round] = []
    for round in 1...max(1, min(options.rounds, 3)) {
      options.progress("connections: round \(round), \(options.connections) miners log in and send a share each")
      ours.append(try product(options))
      options.progress("connections: round \(round), the same on the bare NIO echo")
      bare.append(try echo(options))
    }
    return [
      Finding(
        "memory per miner (\(options.connections), one share each)", unit: "KiB RSS",
        ours: Median.of(ours.map { $0.bytesPerConnection / 1024 }),
        baseline: Median.of(bare.map { $0.bytesPerConnection / 1024 }), aim: .atMost(4)),
      Finding(
        "logins (subscribe, authorize, first job)", unit: "per s",
        ours: Median.of(ours.map(\.loginsPerSecond)), baseline: Median.of(bare.map(\.loginsPerSecond)),
        aim: .atLeast(5000)),
    ]
  }

  private static func product(_ options: BenchOptions) throws(BenchError) -> Round {
    let poller = try Poller()
    defer { poller.dismiss() }
    let upstream = try FakeUpstream(
      difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty), poller: poller)
    let server = try ServerUnderTest.proxy(upstream: upstream.port, options: options)
    try upstream.waitForProxy(server)
    return try server.attributing { () throws(BenchError) in try measure(server, poller, options) }
  }

  private static func measure(_ server: ServerUnderTest, _ poller: Poller, _ options: BenchOptions)
    throws(BenchError) -> Round
  {
    let before = try server.process.residentBytes()
    let miners = Miners(
      count: options.connections, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    let seconds = try miners.logIn()
    try miners.prepare(0..<miners.count, shares: 1)
    // In batches: what is measured is memory after a share, not what a burst of first shares does.
    for start in stride(from: 0, to: miners.count, by: 250) {
      let end = min(start + 250, miners.count)
      for i in start..<end { try miners.submit(i) }
      try poller.run(upTo: 30, waitingFor: "the answers to \(end) shares") {
        miners.accepted + miners.rejected + miners.staleAtBlock == end
      }
    }
    try miners.checkAnswers(options)
    let after = try server.process.residentBytes()
    return Round(
      bytesPerConnection: Double(after - before) / Double(miners.count),
      loginsPerSecond: Double(miners.count) / seconds)
  }

  private static func echo(_ options: BenchOptions) throws(BenchError) -> Round {
    let poller = try Poller()
    defer { poller.dismiss() }
    let server = try BaselineProcess(["echo"], options: options)
    let before = try server.process.residentBytes()
    let clients = EchoClients(
      count: options.connections, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { clients.leave() }
    let start = Clock.now
    // As many questions and answers as a login has.
    try clients.connectAll()
    for _ in 0..<2 {
      let expected = clients.answers + clients.count
      for i in 0..<clients.count {
        try clients.submit(i)
        if i % 64 == 0 { try poller.turn(waiting: 0) }
      }
      try poller.run(upTo: 60, waitingFor: "\(clients.count) echoes") { clients.answers == expected }
    }
    let seconds = Clock.now.seconds(since: start)
    let after = try server.process.residentBytes()
    return Round(
      bytesPerConnection: Double(after - before) / Double(clients.count),
      loginsPerSecond: Double(clients.count) / seconds)
  }
}

extension Miners {
  /// A rejected share in a benchmark is an error of the server, of the load generator, or a real finding: say it.
  func checkAnswers(_ options: BenchOptions) throws(BenchError) {
    if staleAtBlock > 0 {
      options.progress("  \(staleAtBlock) shares were stale: sent before a new block was heard of")
    }
    guard rejected == 0 else {
      throw .server(
        "\(rejected) of \(accepted + rejected) shares were rejected, the first with \(firstRejection ?? "")")
    }
  }
}
