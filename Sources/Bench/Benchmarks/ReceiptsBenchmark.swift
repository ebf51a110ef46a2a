import Stratum

/// What a signed list of every share costs: a proxy that keeps receipts beside one that does not, in turns.
enum ReceiptsBenchmark {
  private static let busy = 200
  private static let statementSeconds = 2

  /// A server, with the miners that are at it.
  private struct Side {
    let server: ServerUnderTest
    let upstream: FakeUpstream
    let miners: Miners
    var series = ShareSeries()
    /// The last round, whose processor time is still being spent.
    private var open: (result: LoopResult, processorSeconds: Double)?

    init(_ receipts: String, _ poller: Poller, _ options: BenchOptions) throws(BenchError) {
      upstream = try FakeUpstream(
        difficulty: Difficulty(clamping: ServerUnderTest.shareDifficulty * 16), poller: poller)
      server = try ServerUnderTest.proxy(upstream: upstream.port, receipts: receipts, options: options)
      try upstream.waitForProxy(server)
      miners = Miners(count: busy, port: server.port, userName: ServerUnderTest.userName, poller: poller)
      _ = try miners.logIn()
    }

    mutating func measure(_ round: Int, _ poller: Poller, _ options: BenchOptions) throws(BenchError) {
      let seconds = round == 0 ? min(options.seconds, 1) : options.seconds
      let expected = series.perSecond.last ?? 2000
      try miners.prepare(0..<busy, shares: Int(expected * seconds * 2) / busy + 10)
      let before = try server.process.processorSeconds()
      open = try server.attributing { () throws(BenchError) in
        let result = try ShareLoops.closed(miners, connections: busy, seconds: seconds, poller: poller)
        try miners.checkAnswers(options)
        return (result, before)
      }
    }

    /// Until every share that was acknowledged is in a statement: what that costs belongs to the round.
    func waitForStatements(_ poller: Poller) throws(BenchError) {
      try server.attributing { () throws(BenchError) in
        try poller.run(upTo: 60, waitingFor: "statements of all \(miners.accepted) shares") {
          server.signedShares == miners.accepted
        }
      }
    }

    mutating func count() throws(BenchError) {
      guard let open else { return }
      series.add(open.result, processorSeconds: try server.process.processorSeconds() - open.processorSeconds)
      self.open = nil
    }

    /// Without the round that warmed it up.
    var counted: ShareSeries {
      ShareSeries(
        perSecond: Array(series.perSecond.dropFirst()), p50: Array(series.p50.dropFirst()),
        p99: Array(series.p99.dropFirst()), processor: Array(series.processor.dropFirst()))
    }
  }

  static func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let poller = try Poller()
    defer { poller.dismiss() }
    // A statement every two seconds, for which all of them are sorted, hashed and signed, instead of every hour.
    var with = try Side("{ every: \(statementSeconds)s, keep: 1m }", poller, options)
    defer { with.miners.leave() }
    var without = try Side("{ enabled: false }", poller, options)
    defer { without.miners.leave() }
    for round in 0...options.rounds {
      if round > 0 { options.progress("receipts: round \(round) of \(options.rounds)") }
      // Who is first may find a cooler processor.
      if round.isMultiple(of: 2) {
        try with.measure(round, poller, options)
        try without.measure(round, poller, options)
      } else {
        try without.measure(round, poller, options)
        try with.measure(round, poller, options)
      }
      try with.waitForStatements(poller)
      try with.count()
      try without.count()
    }
    let (ours, bare) = (with.counted, without.counted)
    func finding(_ name: String, _ unit: String, _ values: KeyPath<ShareSeries, [Double]>) -> Finding {
      Finding(
        "\(name), every share in a signed list, beside none", unit: unit, ours: Median.of(ours[keyPath: values]),
        baseline: Median.of(bare[keyPath: values]))
    }
    return [
      finding("shares", "per s", \.perSecond), finding("p50", "ms", \.p50), finding("p99", "ms", \.p99),
      finding("processor per 100,000 shares", "s", \.processor),
    ]
  }
}
