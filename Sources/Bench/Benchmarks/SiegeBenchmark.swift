import FoundationEssentials
import Glibc
import Stratum

/// Whether honest miners notice that others come from many addresses, with whatever does harm: their accepted shares
/// with and without, in turn, who was banned, and what it costs the server in memory.
public struct SiegeBenchmark: Sendable {
  public var addresses = 200
  public var perMinute = 20_000.0
  private static let attacker = "ZION_000000000000000000000000000000000000dead"

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
    var siege = FarmRounds()
    var attacks: [Double] = []
    var served = 0
    for round in 1...max(1, options.rounds) {
      options.progress("siege: round \(round) of \(options.rounds), \(miners.count) miners, \(Int(rate)) shares/s")
      try quiet.add(miners, server, poller, options)
      let source = try SiegeProcess(self, user: Self.attacker, server: server, options: options)
      let before = try source.nextCount()
      try siege.add(miners, server, poller, options)
      let after = try source.nextCount()
      attacks.append(after.perMinute(since: before))
      served += after.opened - before.opened
      try source.process.check()
      options.progress("  \(source.lastLine)")
    }
    let bans = try bans(server, poller)
    return [
      Finding(
        "accepted shares of \(miners.count) miners beside \(Int(Median.of(attacks))) attacking connections a minute",
        unit: "1/s", ours: Median.of(siege.accepted), baseline: Median.of(quiet.accepted), aim: .atLeast(0.99),
        judged: .ratio),
      Finding("… their addresses and names banned", unit: "count", ours: Double(bans.honest), aim: .atMost(0)),
      Finding("… others banned, of \(addresses) addresses", unit: "count", ours: Double(bans.others)),
      Finding("… p99 from due", unit: "ms", ours: Median.of(siege.p99), baseline: Median.of(quiet.p99)),
      Finding(
        "… resident memory after \(served) of them", unit: "MiB", ours: (siege.memory.last ?? .nan) / 1_048_576,
        baseline: (quiet.memory.first ?? .nan) / 1_048_576, aim: .atMost(1.5), judged: .ratio),
    ]
  }

  private struct BansPage: Decodable {
    struct Ban: Decodable { var subject: String }
    var bans: [Ban]
  }

  private func bans(_ server: ServerUnderTest, _ poller: Poller) throws(BenchError) -> (honest: Int, others: Int) {
    let asker = try HTTPAsker(port: server.apiPort, token: ServerUnderTest.token, poller: poller)
    defer { asker.close() }
    let answer = try asker.fetch("/api/bans?limit=1000")
    guard answer.status == 200, let page = try? JSONDecoder().decode(BansPage.self, from: Data(answer.body)) else {
      throw .server(
        "/api/bans was answered \(answer.status): \(String(decoding: answer.body.prefix(200), as: UTF8.self))")
    }
    let honest = page.bans.filter { ban in
      ban.subject == "127.0.0.1" || ban.subject.hasPrefix("127.0.0.0/")
        || ban.subject.contains(ServerUnderTest.userName)
    }
    return (honest.count, page.bans.count - honest.count)
  }
}

/// `Siege` in a process of its own, from the moment that it has begun.
private final class SiegeProcess {
  let process: ChildProcess
  private let folder: BenchFolder

  init(
    _ siege: SiegeBenchmark, user: String, server: ServerUnderTest, options: BenchOptions
  ) throws(BenchError) {
    folder = try BenchFolder(in: options.directory)
    process = try ChildProcess(
      name: "bench siege", executable: options.executable,
      arguments: [
        "bench", "siege-source", "--port", "\(server.port)", "--addresses", "\(siege.addresses)", "--per-minute",
        "\(Int(siege.perMinute))", "--user", user,
      ], logPath: folder.path + "/log")
    try process.wait(for: SiegeCount.beginning, seconds: 60)
  }

  /// What it said last.
  var lastLine: Substring {
    (process.logTail.split(separator: "\n").last ?? "").drop { $0 == " " }
  }

  /// What it says next, within a second.
  func nextCount() throws(BenchError) -> SiegeCount {
    let lines = ProcFile.read(folder.path + "/log").count { $0 == UInt8(ascii: "\n") }
    try process.wait(for: SiegeCount.beginning, times: lines + 1, seconds: 20)
    guard let count = SiegeCount(line: lastLine) else {
      throw .process(name: process.name, problem: "says no count", log: process.logTail)
    }
    return count
  }
}
