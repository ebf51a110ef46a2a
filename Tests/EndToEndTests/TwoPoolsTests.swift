import Foundation
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// Two processes of one pool on one PostgreSQL.
  @Suite struct TwoPoolsTests {
    @Test(.timeLimit(.minutes(5)))
    func
      `what zion mine finds at either is credited once and paid by one of them to three addresses, also when the payer dies`()
      async throws
    {
      let folder = try TemporaryFolder("two")
      let nodes = try await BitcoindPair.start(blocks: 5)
      let url = try PostgresServer.makeDatabase()
      let address = try #require(try await nodes.call("getnewaddress").string)
      let settings =
        EndToEnd.fixedDifficulty("0.03")
        + EndToEnd.bitcoinPool(name: "zion", tag: "/two/", address: address, url: nodes.urls[0])
        .replacingOccurrences(of: "sqlite:pool.sqlite", with: url)
        + "  payouts: { interval: 10s, threshold: 0.01, minimum: 0.001, confirmations: 1 }\n"
      let servers = try ["a", "b"].map { try ZionServer($0, in: folder, settings: settings) }
      for server in servers { try await server.start() }
      try await eventually("one waits for its turn", within: .seconds(30)) {
        servers.filter { $0.process.output.contains("another process pays") }.count == 1
      }
      var addresses: [String] = []
      for _ in 0..<3 { addresses.append(try #require(try await nodes.call("getnewaddress", node: 1).string)) }
      let miners = addresses
      let database = PostgresDatabase(try PostgresURL(url))
      for (server, miner) in zip(servers + [servers[0]], miners) {
        try await mine(as: miner, at: server, until: database)
      }
      try await nodes.call("generate", "101")

      try await eventually("blocks are credited", within: .seconds(90), detail: { servers[0].process.tail }) {
        try await database.read { sql in
          let open = try sql.first("SELECT count(*) FROM blocks WHERE bookings = 0 AND status = 'mature'")?.integer(0)
          let booked = try sql.first("SELECT count(*) FROM blocks WHERE bookings = 1")?.integer(0) ?? 0
          return open == 0 && booked > 2
        }
      }
      // The payer dies; the other one goes on where it stood.
      let payer = try #require(servers.firstIndex { !$0.process.output.contains("another process pays") })
      try await servers[payer].process.crash()
      try await eventually(
        "all three are paid", within: .seconds(120), every: .seconds(1), detail: { servers[1 - payer].process.tail }
      ) {
        try await nodes.call("generate", "1")
        return try await database.read { sql in
          try miners.allSatisfy {
            let balance = try Balances.miner($0, sql)
            return balance.paid > .zero && balance.underway == .zero
          }
        }
      }
      try await servers[1 - payer].process.stop()
      try await nodes.agree()
      let (rewards, imbalance) = try await database.read { sql in
        // Each block's money came once: as often as it is booked, and as much as its coinbase brought.
        let sums = try sql.first(
          """
          SELECT (SELECT CAST(coalesce(sum(reward), 0) AS BIGINT) FROM blocks WHERE bookings = 1),
            (SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM transfers WHERE kind = 'reward')
          """)
        let row = try #require(sums)
        return ([try row.integer(0), try row.integer(1)], try Balances.imbalance(sql))
      }
      #expect(rewards[0] == rewards[1] && rewards[0] > 0)
      #expect(imbalance == .zero)
      for miner in miners {
        let received = try #require(try await nodes.call("getreceivedbyaddress", "\"\(miner)\",0", node: 1).double)
        let paid = try await database.read { sql in try Balances.miner(miner, sql).paid }
        #expect(Int64((received * 1e8).rounded()) == paid.value)
      }
      #expect(try await AuditVerifier(database: database).verify().fault == nil)
    }

    /// Mines with `zion mine` until a block of the miner's is on the chain: on regtest every hash is a block, and only the
    /// first at a height counts.
    private func mine(as miner: String, at server: ZionServer, until database: PostgresDatabase) async throws {
      let process = try ServerProcess(
        "mine", in: server.folder,
        arguments: ["mine", "--url", server.url, "--user", "\(miner).rig", "--threads", "1", "--blocks", "1"])
      for _ in 0..<10 {
        try process.start()
        _ = try await process.end(within: .seconds(60))
        do {
          return try await eventually("a block of \(miner)", within: .seconds(5)) {
            try await database.read { sql in
              let own = "SELECT count(*) FROM blocks WHERE account = ? AND status = 'immature' AND confirmations > 0"
              return try sql.first(own, .text(miner))?.integer(0) ?? 0 > 0
            }
          }
        } catch is TimedOut {
          // Another block was first at that height: the next one, then.
        }
      }
      Issue.record("no block of \(miner) came first in ten attempts: \(process.tail)")
    }
  }
}
