import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// TLS and plain stratum at one port, HTTPS and plain HTTP at another.
  @Suite struct TLSTests {
    private static let files = "tls: { certificate: cert.pem, key: key.pem }"
    private static let settings = EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool()

    private func server(
      in folder: TemporaryFolder, listen: String = files, certificate: TestCertificate
    ) async throws -> ZionServer {
      let server = try ZionServer("server", in: folder, settings: Self.settings, listen: listen, api: Self.files)
      try certificate.write(to: server.folder)
      try await server.start()
      return server
    }

    @Test(.timeLimit(.minutes(2)))
    func `miners with TLS and without it mine at one port`() async throws {
      let certificate = try TestCertificate()
      let folder = try TemporaryFolder("mixed")
      let server = try await server(in: folder, certificate: certificate)
      let tls = try TestTLS()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(8, at: server.port, on: loops, sharesPerSecond: 5) { options, index in
          if index % 2 == 0 { options.tls = tls }
        }
        try await miners.startAndWait()
        try await miners.mine(5)
        #expect(miners.disconnects == 0 && miners.oddities == [])
        #expect(tls.fingerprints == [String](repeating: certificate.fingerprint, count: 4))
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `zion mine speaks TLS with a pool that it believes, and says why when it does not`() async throws {
      let root = try TestCertificate(names: nil)
      let certificate = try TestCertificate(issuer: root)
      let folder = try TemporaryFolder("mine")
      let roots = try folder.write(root.certificate, to: "roots.pem")
      let server = try await server(in: folder, certificate: certificate)
      let cases = [
        (["--tls-fingerprint", certificate.fingerprint], 0, " accepted, 0 rejected"),
        (["--tls-roots", roots], 0, " accepted, 0 rejected"),
        (["--tls-fingerprint", root.fingerprint], 2, "its certificate is none of"),
        ([], 2, "the pool is not who it should be: "),
      ]
      for (number, (options, code, word)) in cases.enumerated() {
        let miner = try ServerProcess(
          "miner\(number)", in: server.folder,
          arguments: [
            "mine", "--url", "stratum+ssl://127.0.0.1:\(server.port)", "--user", "\(EndToEnd.address(1)).rig1",
            "--threads", "1", "--shares", "1", "--patience", "3",
          ] + options)
        try miner.start()
        #expect(try await miner.end() == .status(Int32(code)), "\(options): \(miner.tail)")
        #expect(miner.output.contains(word), "\(options): \(miner.output)")
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `where TLS is required a plain miner is told so, and old versions of TLS do not come in`() async throws {
      let folder = try TemporaryFolder("strict")
      let server = try await server(
        in: folder, listen: "tls: { certificate: cert.pem, key: key.pem, require: true, minimum_version: 1.3 }",
        certificate: try TestCertificate())
      try await EndToEnd.withLoops { loops in
        let plain = try await RawConnection(port: server.port, on: loops)
        plain.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        try await eventually("a refusal") { plain.isClosed }
        #expect(plain.lines.count == 1 && plain.lines[0].contains("write stratum+ssl://"), "\(plain.lines)")

        let old = try await RawConnection(port: server.port, tls: TestTLS(maximum: .tlsv12), on: loops)
        old.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        try await eventually("an end") { old.isClosed }
        #expect(old.lines.isEmpty)

        let new = try await RawConnection(port: server.port, tls: TestTLS(), on: loops)
        new.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        try await eventually("an answer") { new.messages.contains { $0["id"].int == 1 } }
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `with an authority for clients only those come in whom it signed for`() async throws {
      let authority = try TestCertificate(names: nil)
      let folder = try TemporaryFolder("mutual")
      let server = try ZionServer(
        "mutual", in: folder, settings: Self.settings,
        listen: "tls: { certificate: cert.pem, key: key.pem, require: true, client_ca: clients.pem }")
      try TestCertificate().write(to: server.folder)
      try Data(authority.certificate.utf8).write(to: server.folder.appendingPathComponent("clients.pem"))
      try await server.start()
      let clients = [
        (try TestTLS(try TestCertificate(names: "DNS:rig1", issuer: authority)), true), (try TestTLS(), false),
        (try TestTLS(try TestCertificate(names: "DNS:rig1")), false),
      ]
      try await EndToEnd.withLoops { loops in
        for (tls, comesIn) in clients {
          let client = try await RawConnection(port: server.port, tls: tls, on: loops)
          client.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
          try await eventually("a word or an end") { !client.lines.isEmpty || client.isClosed }
          #expect(client.lines.isEmpty == !comesIn, "\(client.lines)")
        }
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(5)))
    func `a certificate is replaced under a thousand connections and none of them is lost`() async throws {
      let (first, second) = (try TestCertificate(), try TestCertificate())
      let folder = try TemporaryFolder("renewed")
      let server = try await server(in: folder, certificate: first)
      let tls = try TestTLS()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(1000, at: server.port, on: loops, sharesPerSecond: 0.05) { options, _ in
          options.tls = tls
        }
        for start in stride(from: 0, to: miners.count, by: 50) {
          try await Array(miners[start..<start + 50]).startAndWait()
        }
        #expect(tls.fingerprints.allSatisfy { $0 == first.fingerprint })

        // A pair that does not belong together changes nothing, and is told.
        try Data(second.certificate.utf8).write(to: server.folder.appendingPathComponent("cert.pem"))
        try await eventually("a word about the broken pair", detail: { server.process.tail }) {
          server.process.output.contains("the key does not belong to the certificate")
        }
        #expect(try await Self.shown(at: server.port, on: loops) == first.fingerprint)
        try second.write(to: server.folder)
        try await eventually("the new certificate", detail: { server.process.tail }) {
          try await Self.shown(at: server.port, on: loops) == second.fingerprint
        }
        #expect(try await Self.shown(at: server.api.port, on: loops) == second.fingerprint)

        // All of them are still there, and all of them have shares accepted.
        try await miners.mine(1, within: .seconds(120))
        #expect(miners.disconnects == 0 && miners.oddities == [])
        #expect(miners.allSatisfy { $0.read { $0.connects } == 1 })
        #expect(miners.rejections == [:])
        print("certificate: replaced under \(miners.count) connections, \(miners.acceptedCount) shares accepted in all")
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    /// The fingerprint that a new connection is shown.
    private static func shown(at port: Int, on loops: MultiThreadedEventLoopGroup) async throws -> String {
      let tls = try TestTLS()
      let connection = try await RawConnection(port: port, tls: tls, on: loops)
      try await eventually("a certificate") { !tls.fingerprints.isEmpty || connection.isClosed }
      connection.close()
      return tls.fingerprints.first ?? ""
    }

    @Test(.timeLimit(.minutes(2)))
    func `the API answers over HTTPS, WebSockets too, and over plain HTTP beside it`() async throws {
      let folder = try TemporaryFolder("https")
      let server = try await server(in: folder, certificate: try TestCertificate())
      try await EndToEnd.withLoops { loops in
        let port = server.api.port
        let secure = try await RawConnection(port: port, tls: TestTLS(), on: loops)
        secure.send(Array("GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        try await eventually("an answer", detail: { "\(secure.lines)" }) { secure.isClosed }
        #expect(secure.lines.first?.hasPrefix("HTTP/1.1 200") == true, "\(secure.lines)")
        #expect(try await server.api.get("/api/health").status == 200)

        let events = try await WebSocketClient(port: port, path: "/api/events", tls: TestTLS(), on: loops)
        let miners = EndToEnd.miners(1, at: server.port, on: loops, sharesPerSecond: 1)
        try await miners.startAndWait()
        try await eventually("an event over TLS") {
          events.messages.contains { $0["type"].string == "miner_connected" }
        }
        try await events.close()
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
