import Stratum

/// From an upstream's new block to the last byte at the last miner.
enum FanoutBenchmark {
  private static let blocksPerRound = 5

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    var ours: [Double] = []
    var bare: [Double] = []
    for round in 1...max(1, min(options.rounds, 3)) {
      options.progress("fanout: round \(round), \(blocksPerRound) blocks to \(options.connections) miners")
      let (times, bytes) = try product(options)
      ours += times
      options.progress("fanout: round \(round), the same \(bytes) bytes from the bare NIO program")
      bare += try baseline(options, bytes: bytes)
    }
    return [
      Finding(
        "new block to the last of \(options.connections) miners", unit: "ms",
        ours: Median.of(ours) * 1000, baseline: Median.of(bare) * 1000, aim: .atMost(1.5), judged: .ratio)
    ]
  }

  private static func product(_ options: BenchOptions) throws(BenchError) -> (times: [Double], bytes: Int) {
    let poller = try Poller()
    defer { poller.dismiss() }
    let upstream = try FakeUpstream(
      difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty), poller: poller)
    let server = try ServerUnderTest.proxy(upstream: upstream.port, options: options)
    try upstream.waitForProxy(server)
    return try server.attributing { () throws(BenchError) in try announce(upstream, server, poller, options) }
  }

  private static func announce(
    _ upstream: FakeUpstream, _ server: ServerUnderTest, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> (times: [Double], bytes: Int) {
    let miners = Miners(
      count: options.connections, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    _ = try miners.logIn()
    let bytes = miners.notifyBytes
    miners.countsJobsOnly = true
    var heard = 0
    miners.onJob = { _ in heard += 1 }
    var times: [Double] = []
    for _ in 0..<blocksPerRound {
      try poller.run(for: 0.3)
      heard = 0
      let start = try upstream.announceBlock()
      try poller.run(upTo: 30, waitingFor: "a new block at \(miners.count) miners") { heard >= miners.count }
      times.append(Clock.now.seconds(since: start))
      try server.process.check()
    }
    return (times, bytes)
  }

  private static func baseline(_ options: BenchOptions, bytes: Int) throws(BenchError) -> [Double] {
    let poller = try Poller()
    defer { poller.dismiss() }
    let server = try BaselineProcess(["fanout", "--bytes", "\(bytes)"], options: options)
    // One connection more than are told: it gives the word, as the upstream does.
    let clients = EchoClients(
      count: options.connections + 1, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { clients.leave() }
    try clients.connectAll()
    var times: [Double] = []
    for _ in 0..<blocksPerRound {
      try poller.run(for: 0.3)
      let expected = clients.answers + options.connections
      let start = Clock.now
      try clients.submit(options.connections)
      try poller.run(upTo: 30, waitingFor: "\(options.connections) lines") { clients.answers >= expected }
      times.append(Clock.now.seconds(since: start))
    }
    return times
  }
}
