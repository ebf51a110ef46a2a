import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// The interface at a Unix socket, as the built binary opens it and commands use it.
  @Suite struct SocketTests {
    @Test(.timeLimit(.minutes(3)))
    func `attack 17, orders from elsewhere: with changes at the socket alone, only who is let in there moves miners`()
      async throws
    {
      let folder = try TemporaryFolder("socket")
      try await EndToEnd.withLoops(2) { loops in
        let pools = [
          try await FakePool("alpha", difficulty: 0.0000002, on: loops),
          try await FakePool("beta", difficulty: 0.0000002, on: loops),
        ]
        let upstreams = pools.map { pool in
          "  - { name: \(pool.name), url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
        }
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + "pools:\n" + upstreams.joined() + EndToEnd.noLocalPool,
          policy: "name: t\nmode: failover\norder: [alpha, beta]\nmin_dwell: 0s\n",
          api: "socket: api.sock, changes: socket")
        let socket = server.folder.appendingPathComponent("api.sock")
        func zion(_ arguments: String..., at place: String) async throws -> CommandOutcome {
          try await CommandOutcome.of(arguments + ["--api", place], in: server.folder)
        }
        try await server.start()
        let miners = EndToEnd.miners(3, at: server.port, on: loops, sharesPerSecond: 2)
        try await miners.startAndWait()

        let port = "http://127.0.0.1:\(server.api.port)"
        let refused = try await zion("move", "--to", "beta", "--token", ZionServer.token, at: port)
        #expect(refused.status == 1 && refused.output.contains("api.socket"), "\(refused.output)")
        let unknown = try await zion("move", "--to", "beta", "--token", "guess", at: "api.sock")
        #expect(unknown.status == 1 && unknown.output.contains("token"), "\(unknown.output)")
        let moved = try await zion("move", "--to", "beta", "--token", ZionServer.token, at: "api.sock")
        #expect(moved.status == 0, "\(moved.output)")
        try await eventually("all are at beta") { try await Self.miners(of: "beta", at: server) == 3 }
        let mode = try FileManager.default.attributesOfItem(atPath: socket.path)[.posixPermissions] as? Int
        #expect(mode == 0o660)

        // What a killed process leaves is in nobody's way.
        try await server.process.crash()
        #expect(FileManager.default.fileExists(atPath: socket.path))
        let nobody = try await zion("status", at: "./api.sock")
        #expect(nobody.status == 1 && nobody.output.contains("./api.sock: Connection refused"), "\(nobody.output)")
        try await server.start()
        let status = try await zion("pools", at: socket.path)
        #expect(status.status == 0 || status.status == 2, "\(status.output)")
        miners.stop()
        for pool in pools { try await pool.stop() }
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        #expect(!FileManager.default.fileExists(atPath: socket.path))
      }
    }

    private static func miners(of pool: String, at server: ZionServer) async throws -> Int? {
      let page = try await server.api.get("/api/pools").json
      return page["pools"].array.first { $0["name"].string == pool }?["miners"].int
    }
  }
}
