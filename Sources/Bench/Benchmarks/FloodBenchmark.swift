import Stratum

/// Whether miners of sha256d notice that one connection floods KawPow shares beside them: the same open loop, with and
/// without the flood, in turn.
enum FloodBenchmark {
  private static let rate = 2000.0
  private static let busy = 200

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let poller = try Poller()
    defer { poller.dismiss() }
    let upstream = try FakeUpstream(
      difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty * 16), poller: poller)
    let server = try ServerUnderTest.proxyAndKawPow(upstream: upstream.port, options: options)
    try upstream.waitForProxy(server)
    return try server.attributing { () throws(BenchError) in try measure(server, poller, options) }
  }

  private static func measure(
    _ server: ServerUnderTest, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> [Finding] {
    let miners = Miners(count: busy, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    _ = try miners.logIn()
    var findings: [Finding] = []
    for kind in [KawPowFlood.Kind.junk, .real] {
      var quiet: [LoopResult] = []
      var flooded: [LoopResult] = []
      for round in 1...max(1, options.rounds) {
        options.progress(
          "flood: round \(round) of \(options.rounds), \(Int(rate)) shares/s, \(kind.rawValue) KawPow shares")
        quiet.append(try loop(miners, poller, options))
        let flood = try FloodProcess(kind, server: server, options: options)
        flooded.append(try loop(miners, poller, options))
        try flood.process.check()
      }
      let what = kind == .junk ? "10,000 junk" : "200 real"
      for percentile in [50.0, 99.0] {
        findings.append(
          Finding(
            "2,000 sha256d shares/s beside \(what) KawPow shares/s of one connection: p\(Int(percentile)) from due",
            unit: "ms", ours: Median.of(flooded.map { $0.milliseconds(atPercentile: percentile) }),
            baseline: Median.of(quiet.map { $0.milliseconds(atPercentile: percentile) }),
            aim: percentile == 99 ? .atMost(1.2) : nil, judged: .ratio))
      }
    }
    return findings
  }

  private static func loop(
    _ miners: Miners, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> LoopResult {
    let seconds = max(options.seconds, 1)
    try miners.prepare(0..<busy, shares: Int(rate * seconds) / busy + 1)
    let result = try ShareLoops.open(miners, connections: busy, perSecond: rate, seconds: seconds, poller: poller)
    try miners.checkAnswers(options)
    return result
  }
}

/// `KawPowFlood` in a process of its own, from the moment its flood has begun.
private final class FloodProcess {
  let process: ChildProcess
  private let folder: BenchFolder

  init(_ kind: KawPowFlood.Kind, server: ServerUnderTest, options: BenchOptions) throws(BenchError) {
    folder = try BenchFolder(in: options.directory)
    process = try ChildProcess(
      name: "bench flood", executable: options.executable,
      arguments: [
        "bench", "flood-source", kind.rawValue, "--port", "\(server.port)", "--user", ServerUnderTest.userName,
      ], logPath: folder.path + "/log")
    try process.wait(for: KawPowFlood.beginning, seconds: 60)
  }
}
