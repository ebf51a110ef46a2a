import Glibc
import Stratum

/// Whether miners notice that the program is replaced under them: their accepted shares and the longest wait for an
/// answer, with and without an upgrade, in turn.
public struct UpgradeBenchmark: Sendable {
  /// What the new program says when it has them all.
  private static let ending = "took over"

  public init() {}

  /// Blocks its thread.
  public func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    let poller = try Poller()
    defer { poller.dismiss() }
    let server = try ServerUnderTest.localPool(options: options)
    return try server.attributing { () throws(BenchError) in try measure(server, poller, options) }
  }

  private func measure(
    _ server: ServerUnderTest, _ poller: Poller, _ options: BenchOptions
  ) throws(BenchError) -> [Finding] {
    let miners = Miners(
      count: options.connections, port: server.port, userName: ServerUnderTest.userName, poller: poller)
    defer { miners.leave() }
    _ = try miners.logIn()
    let rate = FarmRounds.rate(of: miners)
    var quiet = FarmRounds()
    var upgraded = FarmRounds()
    for round in 1...max(1, options.rounds) {
      options.progress("upgrade: round \(round) of \(options.rounds), \(miners.count) miners, \(Int(rate)) shares/s")
      try quiet.add(miners, server, poller, options)
      kill(server.process.id, SIGUSR2)
      try upgraded.add(miners, server, poller, options)
      try server.process.wait(for: Self.ending, times: round, seconds: 30)
    }
    return [
      Finding(
        "accepted shares of \(miners.count) miners, the program replaced once a round", unit: "1/s",
        ours: Median.of(upgraded.accepted), baseline: Median.of(quiet.accepted), aim: .atLeast(0.99), judged: .ratio),
      Finding(
        "… longest from due to the answer", unit: "ms", ours: Median.of(upgraded.longest),
        baseline: Median.of(quiet.longest)),
    ]
  }
}
