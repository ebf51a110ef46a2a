import Foundation
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// What several people must agree to, with the commands that they have.
  @Suite struct ApprovalTests {
    @Test(.timeLimit(.minutes(3)))
    func
      `a batch above the limit is paid after two of three have signed it, not after one, nor a forged or a repeated one`()
      async throws
    {
      let folder = try TemporaryFolder("approval")
      let nodes = try await BitcoindPair.start(blocks: 110)
      _ = try folder.folder("data")
      for (index, name) in ["alice", "bob", "carol", "mallory"].enumerated() {
        try KeyPair(seed: UInt8(index + 1)).write(name, in: folder)
      }
      let address = try #require(try await nodes.call("getnewaddress").string)
      try folder.write(
        """
        data: data
        local:
          node: bitcoin
          address: \(address)
          bitcoin: { urls: ["\(nodes.urls[0])"] }
          payouts:
            threshold: 0.01
            minimum: 0.001
            confirmations: 1
            approval: { above: 0.5, keys: [alice.pub, bob.pub, carol.pub], required: 2 }

        """, to: "zion.yaml")
      let database = try SQLiteDatabase(path: folder.url.appendingPathComponent("data/pool.sqlite").path)
      _ = try await database.migrate()
      let miner = try #require(try await nodes.call("getnewaddress", node: 1).string)
      _ = try await database.write { sql in
        try Ledger.post(
          [
            .deposit(AtomicUnits(70_000_000), to: .miner(miner), id: "x", at: UnixTime(seconds: 1_800_000_000))
          ], sql)
      }
      func zion(_ arguments: String...) async throws -> CommandOutcome {
        try await CommandOutcome.of(arguments + ["--config", "zion.yaml"], in: folder.url)
      }
      func state() async throws -> String? {
        _ = try await zion("payout", "run")
        return try await zion("payout", "list", "--json").json[0]["state"].string
      }

      #expect(try await state() == "awaiting_approval")
      let batch = try #require(try await zion("payout", "list", "--json").json[0]["id"].string)
      let first = try await zion("payout", "approve", batch, "--key", "alice.pem")
      #expect(first.status == 0 && first.output.contains("1 of 2"), "\(first.output)")
      #expect(try await state() == "awaiting_approval")
      let again = try await zion("payout", "approve", batch, "--key", "alice.pem")
      #expect(again.status == 1 && again.output.contains("counts once"), "\(again.output)")
      let forged = try await zion("payout", "approve", batch, "--key", "mallory.pem")
      #expect(forged.status == 1 && forged.output.contains("none of the configured approvers"), "\(forged.output)")
      #expect(try await state() == "awaiting_approval")

      // Bob's word on another batch, put into the database by hand: it is no word on this one.
      try await replay(by: KeyPair(seed: 2), onto: batch, in: database)
      #expect(try await state() == "awaiting_approval")
      let shown = try await zion("payout", "show", batch)
      #expect(shown.output.contains("1 of 2") && shown.output.contains("does not count"), "\(shown.output)")

      let second = try await zion("payout", "approve", batch, "--key", "carol.pem")
      #expect(second.status == 0 && second.output.contains("2 of 2"), "\(second.output)")
      #expect(["sent", "seen"].contains(try await state()))
      try await nodes.call("generate", "1")
      #expect(try await state() == "final")
      try await nodes.agree()
      #expect(try await nodes.call("getreceivedbyaddress", "\"\(miner)\",1", node: 1).double == 0.7)
    }

    private func replay(by pair: KeyPair, onto batch: String, in database: SQLiteDatabase) async throws {
      var random = SeededRandom(seed: 9)
      let other = PayoutOrder(
        id: PayoutBatchID(using: &random), pool: "zion", chain: "regtest", outputs: [], fees: .pool, route: .signed,
        requiredApprovals: 2)
      let key = try #require(Ed25519PrivateKey(seed: pair.seed))
      let approval = PayoutApproval(.approve, on: other, by: key)
      _ = try await database.write { sql in
        try sql.run(
          "INSERT INTO approvals (batch, key, decision, signature, digest, at) VALUES (?, ?, 'approve', ?, ?, 5)",
          .text(batch), .text(Hex.encode(key.publicKey.bytes)), .bytes(approval.signature), .bytes(approval.digest))
      }
    }
  }
}

/// An Ed25519 key in files, as `openssl genpkey` and `openssl pkey -pubout` write them.
///
/// Source: RFC 8410.
private struct KeyPair {
  let seed: [UInt8]

  init(seed: UInt8) { self.seed = [UInt8](repeating: seed, count: 32) }

  func write(_ name: String, in folder: TemporaryFolder) throws {
    let key = try #require(Ed25519PrivateKey(seed: seed))
    let secret = try #require(Hex.decode("302e020100300506032b657004220420")) + seed
    let open = try #require(Hex.decode("302a300506032b6570032100")) + key.publicKey.bytes
    try folder.write(Self.pem("PRIVATE KEY", secret), to: "\(name).pem")
    try folder.write(Self.pem("PUBLIC KEY", open), to: "\(name).pub")
    chmod(folder.url.appendingPathComponent("\(name).pem").path, 0o600)
  }

  private static func pem(_ what: String, _ bytes: [UInt8]) -> String {
    "-----BEGIN \(what)-----\n\(Data(bytes).base64EncodedString())\n-----END \(what)-----\n"
  }
}
