import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// Pools that speak TLS: whom we believe, and what an operator reads when we do not.
  @Suite struct UpstreamTLSTests {
    /// A proxy whose only pool has a certificate, what `settings` says of it, and no local pool.
    private func withPool(
      _ certificate: TestCertificate, _ settings: String, roots: TestCertificate,
      _ body: (ZionServer, FakePool, MultiThreadedEventLoopGroup) async throws -> Void
    ) async throws {
      let folder = try TemporaryFolder("upstream-tls")
      try folder.write(roots.certificate, to: "roots.pem")
      try await EndToEnd.withLoops { loops in
        let pool = try await FakePool("alpha", difficulty: 0.0000002, certificate: certificate, on: loops)
        let server = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.noLocalPool
            + "pools:\n  - { name: alpha, url: \"stratum+ssl://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2, "
            + "\(settings) }\n")
        try await server.start()
        try await body(server, pool, loops)
        try await pool.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    /// The reason is in the log, the API and `zion pools`, and the pool never heard our user name.
    private func isRefused(
      _ certificate: TestCertificate, _ settings: String = "tls_roots: ../roots.pem", roots: TestCertificate,
      because reason: String
    ) async throws {
      try await withPool(certificate, settings, roots: roots) { server, pool, _ in
        try await eventually("the reason in the log", detail: { server.process.tail }) {
          server.process.output.contains(reason)
        }
        let page = try await server.api.get("/api/pools").text
        #expect(page.contains(reason), "\(page)")
        let command = try ServerProcess(
          "pools", in: server.folder, arguments: ["pools", "--api", "http://127.0.0.1:\(server.api.port)"])
        try command.start()
        #expect(try await command.end() == .status(2))
        #expect(command.output.contains(reason), "\(command.output)")
        #expect(pool.record.users == [] && pool.record.malformed == [])
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a pool with a good certificate is mined at, by its address, by its name, and by a fingerprint`() async throws
    {
      let root = try TestCertificate(names: nil)
      let named = try TestCertificate(names: "DNS:pool.example", issuer: root)
      let cases = [
        (try TestCertificate(issuer: root), "tls_roots: ../roots.pem"),
        (named, "tls_roots: ../roots.pem, tls_name: pool.example"), (named, "tls_fingerprints: [\(named.fingerprint)]"),
        (named, "tls_fingerprints: [\(named.keyFingerprint)]"),
      ]
      for (certificate, settings) in cases {
        try await withPool(certificate, settings, roots: root) { server, pool, loops in
          let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 5)
          try await miners.startAndWait()
          try await miners.mine(3)
          try await eventually("shares at the pool") { pool.record.accepted.count >= 3 }
          miners.stop()
        }
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a certificate for another name is refused`() async throws {
      let root = try TestCertificate(names: nil)
      try await isRefused(
        try TestCertificate(names: "DNS:evil.example", issuer: root),
        "tls_roots: ../roots.pem, tls_name: pool.example", roots: root,
        because: "its certificate is for another name: for DNS:evil.example, not for pool.example")
    }

    @Test(.timeLimit(.minutes(2)))
    func `a certificate that is over is refused`() async throws {
      let root = try TestCertificate(names: nil)
      try await isRefused(
        try TestCertificate(from: -20, until: -10, issuer: root), roots: root, because: "its certificate expired on 2")
    }

    @Test(.timeLimit(.minutes(2)))
    func `a certificate of an unknown authority is refused`() async throws {
      try await isRefused(
        try TestCertificate(issuer: try TestCertificate(names: nil)), roots: try TestCertificate(names: nil),
        because: "its certificate is not signed by anybody whom this machine trusts")
    }

    @Test(.timeLimit(.minutes(2)))
    func `a certificate that is none of the pinned is refused`() async throws {
      let root = try TestCertificate(names: nil)
      let shown = try TestCertificate(issuer: root)
      try await isRefused(
        shown, "tls_fingerprints: [\(try TestCertificate().fingerprint)]", roots: root,
        because: "its certificate is none of tls_fingerprints: it is \(shown.fingerprint)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `attack 14, hijack by a man in the middle: who sends us to a stranger is not followed, and the miners stay`()
      async throws
    {
      let folder = try TemporaryFolder("redirect")
      try await EndToEnd.withLoops { loops in
        let pool = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        let stranger = try await FakePool("stranger", difficulty: 0.0000002, on: loops)
        let server = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.noLocalPool
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
        )
        try await server.start()
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 5)
        try await miners.startAndWait()
        let connects = pool.record.connects
        for host in ["localhost", "127.0.0.2", "evil.example"] {
          pool.sendRaw(
            #"{"id":null,"method":"client.reconnect","params":["\#(host)",\#(stranger.port),0]}"# + "\n")
          try await eventually("a warning about \(host)", detail: { server.process.tail }) {
            server.process.output.contains("host=\(host) ") && server.process.output.contains("of another domain")
          }
        }
        try await miners.mine(3)
        #expect(stranger.record.connects == 0 && pool.record.connects == connects)
        #expect(miners.disconnects == 0)
        miners.stop()
        try await pool.stop()
        try await stranger.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }
  }
}
