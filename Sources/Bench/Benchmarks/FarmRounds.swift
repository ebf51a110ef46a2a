/// Rounds of a farm that mines as vardiff has it, and what they came to. A lost connection, a refused share, or one
/// without an answer ends the benchmark.
struct FarmRounds {
  /// On average each miner has so many seconds for a share.
  private static let shareSeconds = 15.0

  /// Shares a second.
  private(set) var accepted: [Double] = []
  /// Milliseconds from due to the answer.
  private(set) var p99: [Double] = []
  private(set) var longest: [Double] = []
  /// Resident bytes of the server at the end.
  private(set) var memory: [Double] = []

  /// Shares that all of them send in a second.
  static func rate(of miners: Miners) -> Double { max(1, Double(miners.count) / shareSeconds) }

  mutating func add(
    _ miners: Miners, _ server: ServerUnderTest, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) {
    let before = miners.accepted
    let result = try ShareLoops.open(
      miners, connections: miners.count, perSecond: Self.rate(of: miners), seconds: options.seconds, poller: poller)
    try miners.checkAnswers(options)
    try server.process.check()
    accepted.append(Double(miners.accepted - before) / result.seconds)
    p99.append(result.milliseconds(atPercentile: 99))
    longest.append(result.milliseconds(atPercentile: 100))
    memory.append(Double(try server.process.residentBytes()))
  }
}
