import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// The commands that operators look at a running zion with, as scripts see them.
  @Suite struct TerminalTests {
    private static let policy = """
      name: scripts
      mode: optimize_profit
      min_dwell: 1s
      decision: { moves_per_hour: 60 }

      """

    /// Two pools, of which the second pays more, and miners.
    private struct Farm {
      let alpha: FakePool
      let beta: FakePool
      let server: ZionServer
      let miners: [TestMiner]

      init(in folder: TemporaryFolder, miners count: Int, on loops: MultiThreadedEventLoopGroup) async throws {
        alpha = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        beta = try await FakePool("beta", difficulty: 0.0000002, on: loops)
        server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + """
            prices: { currency: USD, BTC: { static: 90000 } }
            pools:
              - { name: alpha, url: "stratum+tcp://127.0.0.1:\(alpha.port)", user: farm, extranonce2: 2, coin: BTC }
              - { name: beta, url: "stratum+tcp://127.0.0.1:\(beta.port)", user: farm, extranonce2: 2, coin: BTC }

            """ + EndToEnd.noLocalPool, policy: TerminalTests.policy)
        try await server.start()
        miners = EndToEnd.miners(count, at: server.port, on: loops, sharesPerSecond: 1)
        try await miners.startAndWait()
      }

      func zion(_ arguments: String...) async throws -> CommandOutcome {
        try await CommandOutcome.of(
          arguments + ["--api", "http://127.0.0.1:\(server.api.port)"], in: server.folder)
      }

      func stop() async throws {
        miners.stop()
        for pool in [alpha, beta] { try await pool.stop() }
        if server.process.isRunning {
          #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        }
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `status, pools and workers end with 0 while all is well, 2 when somebody should look, 1 without an answer`()
      async throws
    {
      let folder = try TemporaryFolder("terminal")
      try await EndToEnd.withLoops(2) { loops in
        let farm = try await Farm(in: folder, miners: 3, on: loops)
        try await farm.miners.mine(1)
        try await eventually("both pools are ready", detail: { farm.server.process.tail }) {
          try await farm.zion("pools").status == 0
        }
        let pools = try await farm.zion("pools", "--json")
        #expect(pools.status == 0 && pools.json.all("name").map(\.string) == ["alpha", "beta"], "\(pools.output)")
        let status = try await farm.zion("status")
        #expect(status.status == 0 && status.output.contains("policy scripts"), "\(status.output)")
        #expect(status.output.contains("3 miners,"), "\(status.output)")

        let workers = try await farm.zion("workers", "--sort", "name")
        #expect(workers.status == 0, "\(workers.output)")
        let rows = workers.output.split(separator: "\n").dropFirst().map { $0.split(separator: " ")[1] }
        #expect(rows == ["rig0", "rig1", "rig2"], "\(workers.output)")
        let one = try await farm.zion("workers", "--search", "RIG1", "--json")
        #expect(one.status == 0 && one.json["workers"].array.count == 1, "\(one.output)")
        #expect(one.json["workers"][0]["accepted"].int ?? 0 > 0 && one.json["connections"].int == 3, "\(one.output)")
        let nobody = try await farm.zion("workers", "--search", "nobody")
        #expect(nobody.status == 2 && nobody.output.contains("no connected worker is like that"), "\(nobody.output)")
        let wrong = try await farm.zion("workers", "--stale", "soon")
        #expect(wrong.status == 64 && wrong.output.contains("--stale"), "\(wrong.output)")

        try await farm.miners.rest()
        // All three: the last share of one can be seconds after that of another.
        try await eventually("workers without a share for ten seconds are stale", within: .seconds(40)) {
          let stale = try await farm.zion("workers", "--stale", "10s", "--only-stale")
          return stale.status == 2 && stale.output.contains("! 3 workers")
        }
        let stale = try await farm.zion("workers", "--stale", "10s", "--only-stale")
        #expect(stale.output.contains("! 3 workers without a share for 10 s"), "\(stale.output)")

        try await farm.beta.stop()
        try await eventually("a pool that is gone needs a look", within: .seconds(40)) {
          try await farm.zion("status").status == 2
        }
        let gone = try await farm.zion("pools")
        #expect(gone.status == 2 && gone.output.contains("! beta"), "\(gone.output)")

        #expect(try await farm.server.process.stop() == .status(0), "\(farm.server.process.tail)")
        for command in ["status", "pools", "workers", "decisions"] {
          let silent = try await farm.zion(command)
          #expect(silent.status == 1 && silent.output.hasPrefix("zion \(command): no answer from"), "\(silent.output)")
        }
        try await farm.stop()
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `decisions shows who was moved and why, and ends with 2 while the policy's newest edit is broken`()
      async throws
    {
      let folder = try TemporaryFolder("terminal-decisions")
      try await EndToEnd.withLoops(2) { loops in
        let farm = try await Farm(in: folder, miners: 2, on: loops)
        try await farm.miners.mine(1)
        farm.beta.pays(20_000_000_000)
        try await eventually("a decision for beta", within: .seconds(60), detail: { farm.server.process.tail }) {
          try await farm.zion("decisions", "--limit", "1", "--json").json["decisions"][0]["decision"]["to"].string
            == "beta"
        }
        let shown = try await farm.zion("decisions")
        #expect(shown.status == 0 && shown.output.hasPrefix("policy scripts, optimize_profit"), "\(shown.output)")
        let lines = shown.output.split(separator: "\n")
        #expect(lines.contains { $0.contains("alpha") && $0.contains("beta") && $0.contains("%") }, "\(shown.output)")
        let other = try await farm.zion("decisions", "--group", "no such group")
        #expect(other.status == 0 && other.output.contains("nobody was moved"), "\(other.output)")

        try Data("mode: nonsense\n".utf8).write(to: farm.server.folder.appendingPathComponent("policy.yaml"))
        try await eventually("the edit is refused") { try await farm.zion("decisions").status == 2 }
        let broken = try await farm.zion("decisions")
        #expect(
          broken.output.contains("! the newest edit of the policy is not in use: line 1, mode"), "\(broken.output)")
        try Data(Self.policy.utf8).write(to: farm.server.folder.appendingPathComponent("policy.yaml"))
        try await eventually("the policy is whole again") { try await farm.zion("decisions").status == 0 }
        try await farm.stop()
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `--watch prints again and again, a line of JSON each time, through an outage, until it is ended`()
      async throws
    {
      let folder = try TemporaryFolder("terminal-watch")
      try await EndToEnd.withLoops(2) { loops in
        let farm = try await Farm(in: folder, miners: 1, on: loops)
        let url = "http://127.0.0.1:\(farm.server.api.port)"
        let programs = try ["status", "workers", "pools", "decisions"].map { name in
          try ServerProcess(
            "watch-\(name)", in: farm.server.folder, arguments: [name, "--watch", "0.2", "--json", "--api", url])
        }
        let people = try ServerProcess(
          "watch-people", in: farm.server.folder, arguments: ["workers", "--watch=0.2", "--api", url])
        for process in programs + [people] { try process.start() }
        @Sendable func lines(_ process: ServerProcess) -> [JSON?] {
          // The last may be half written.
          process.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { JSON(Data($0.utf8)) }
        }
        for process in programs {
          try await eventually("three answers", detail: { process.tail }) { lines(process).count >= 3 }
          #expect(lines(process).allSatisfy { $0 != nil && $0?["error"].isNull == true }, "\(process.tail)")
        }
        try await eventually("three tables", detail: { people.tail }) {
          people.output.components(separatedBy: "account ").count > 3
        }
        // Not a terminal: nothing is cleared.
        #expect(!people.output.contains("\u{1b}"))

        try await farm.server.process.crash()
        for process in programs {
          try await eventually("it says that nobody answers", detail: { process.tail }) {
            lines(process).contains { $0?["error"].string?.hasPrefix("no answer from") == true }
          }
        }
        try await farm.server.start()
        for process in programs {
          let known = lines(process).count
          try await eventually("it goes on", detail: { process.tail }) {
            lines(process).dropFirst(known).contains { $0?["error"].isNull == true }
          }
          process.kill(SIGINT)
          #expect(try await process.end() == .signal(SIGINT), "\(process.tail)")
        }
        people.kill(SIGINT)
        #expect(try await people.end() == .signal(SIGINT))
        try await farm.stop()
      }
    }
  }
}
