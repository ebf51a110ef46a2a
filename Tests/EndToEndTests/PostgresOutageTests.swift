import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// The pool while its PostgreSQL is not there.
  @Suite struct PostgresOutageTests {
    private static func number(_ name: String, _ usual: Int) -> Int {
      ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    /// Longer outages and more shares, by hand.
    static let outageSeconds = number("ZION_OUTAGE_SECONDS", 15)
    static let sharesPerSecond = number("ZION_OUTAGE_SHARES", 800)
    static let minerCount = 40

    private func stored(_ url: String) throws -> [String: Int] {
      let rows = try PostgresServer.psql(url, "SELECT encode(hash, 'hex'), count(*) FROM shares GROUP BY 1")
      return rows.split(separator: "\n").reduce(into: [:]) { counts, row in
        let fields = row.split(separator: "|")
        // Stored in the order of a digest, shown in that of explorers.
        var digits = ""
        for pair in stride(from: 62, through: 0, by: -2) {
          let start = fields[0].index(fields[0].startIndex, offsetBy: pair)
          digits += fields[0][start..<fields[0].index(start, offsetBy: 2)]
        }
        counts[digits] = Int(fields[1])
      }
    }

    @Test(.timeLimit(.minutes(5)))
    func `shares are acknowledged while PostgreSQL is away, and all are in its table once`() async throws {
      let folder = try TemporaryFolder("postgres-outage")
      let postgres = try await PostgresServer.start()
      let url = try PostgresServer.makeDatabase(in: postgres.url)
      try await postgres.kill()
      let pool = try ZionServer(
        "pool", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000001") + EndToEnd.embeddedPool(database: url))
      // It starts without its database.
      try await pool.start()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(
          Self.minerCount, at: pool.port, on: loops,
          sharesPerSecond: Double(Self.sharesPerSecond) / Double(Self.minerCount))
        try await miners.startAndWait()
        try await miners.mine(3)
        #expect(try await pool.api.get("/api/blocks").status == 503)
        try await postgres.start()
        try await eventually("the tables are made and filled", within: .seconds(60), detail: { pool.process.tail }) {
          (try? PostgresServer.psql(url, "SELECT count(*) > 100 FROM shares")) == "t"
        }
        #expect(try await pool.api.get("/api/blocks").status == 200)

        try await postgres.kill()
        // What was read within the last second or two is still shown.
        try await eventually("blocks cannot be read", within: .seconds(10)) {
          try await pool.api.get("/api/blocks").status == 503
        }
        let (before, start) = (miners.acceptedCount, ContinuousClock.now)
        var answers = 0
        while ContinuousClock.now - start < .seconds(Self.outageSeconds) {
          for path in ["/api/pools", "/api/miners", "/metrics"] {
            #expect(try await pool.api.get(path).status == 200, "\(path)")
          }
          #expect(try await pool.api.get("/api/blocks").status == 503)
          answers += 4
          try await Task.sleep(for: .milliseconds(100))
        }
        let meanwhile = miners.acceptedCount - before
        try await postgres.start()
        try await miners.mine(5)
        try await miners.rest()

        let acknowledged = miners.flatMap { miner in miner.read { $0.accepted.map(\.hash) } }
        #expect(meanwhile > Self.outageSeconds * Self.sharesPerSecond / 4, "\(meanwhile) shares in the outage")
        // A miner may find a block, and its neighbours' shares on their way are late then.
        #expect(miners.rejections.keys.allSatisfy { $0.hasPrefix("21 ") }, "\(miners.rejections)")
        #expect(miners.disconnects == 0)
        let count: @Sendable () -> String = {
          (try? PostgresServer.psql(url, "SELECT count(*) FROM shares")) ?? "nobody knows how many"
        }
        try await eventually(
          "the journal in the database", within: .seconds(60),
          detail: { "\(count()) of \(acknowledged.count); \(pool.process.tail)" }
        ) { count() == "\(acknowledged.count)" }
        let stored = try stored(url)
        #expect(acknowledged.filter { stored[$0] != 1 } == [], "acknowledged, and not stored exactly once")
        #expect(stored.count == acknowledged.count)
        let sum = "SELECT sum(shares) FROM rollups JOIN owners ON id = owner WHERE level = 0 AND period = 0"
        #expect(try PostgresServer.psql(url, sum) == "\(acknowledged.count)")
        #expect(try await pool.api.get("/api/blocks").status == 200)
        print(
          "outage: \(Self.outageSeconds) s, \(meanwhile) shares acknowledged and \(answers) questions answered "
            + "meanwhile; \(acknowledged.count) shares, all stored once")
        miners.stop()
      }
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }

    /// Kerberos, which libpq asks at each connect, aborts a process that asks it after `exit` has taken it down.
    @Test(.timeLimit(.minutes(2)))
    func `a pool that ends takes no library down, which a thread that waits for PostgreSQL may need`() async throws {
      let folder = try TemporaryFolder("postgres-end")
      let words = try folder.folder("loader")
      // The loader writes down what it begins and what it ends, a file for each process.
      let loader = ["LD_DEBUG": "files", "LD_DEBUG_OUTPUT": words.appendingPathComponent("of").path]
      let pool = try ZionServer(
        "pool", in: folder, settings: EndToEnd.embeddedPool(database: "postgres://zion@127.0.0.1:1/pool"),
        environment: loader)
      try await pool.start()
      let second = try ServerProcess(
        "second", in: pool.folder, arguments: ["run", "--config", "zion.yaml"], environment: loader)
      try second.start()
      #expect(try await second.end(within: .seconds(30)) == .status(1), "\(second.tail)")
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
      let files = try FileManager.default.contentsOfDirectory(at: words, includingPropertiesForKeys: nil)
      #expect(files.count == 2, "\(files)")
      for file in files {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.contains { $0.contains("calling init: ") && $0.contains("/libkrb5.") })
        #expect(lines.filter { $0.contains("calling fini: ") } == [])
      }
    }
  }
}
