import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// Miners that come through HAProxy, and what others make of the first bytes.
  @Suite struct ProxyProtocolTests {
    private static let settings = EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool()
    private static let subscribe = #"{"id":1,"method":"mining.subscribe","params":[]}"#

    private func haproxy(_ folder: TemporaryFolder, _ binds: [(port: Int, option: String)], to port: Int) throws
      -> ServerProcess
    {
      let places = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"]
      let program = try #require(
        places.first { access($0, X_OK) == 0 }, "no haproxy: Tests/tools/setup.sh haproxy installs it")
      var text = "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
      for (bind, option) in binds {
        text += "listen l\(bind)\n  bind 127.0.0.1:\(bind)\n  server zion 127.0.0.1:\(port) \(option)\n"
      }
      try folder.write(text, to: "haproxy.cfg")
      return try ServerProcess(
        "haproxy", in: folder.url, executable: URL(fileURLWithPath: program), arguments: ["-db", "-f", "haproxy.cfg"])
    }

    @Test(.timeLimit(.minutes(2)))
    func `behind HAProxy a miner has its own address, with both versions, plain and with TLS through it`() async throws
    {
      let folder = try TemporaryFolder("haproxy")
      let server = try ZionServer(
        "server", in: folder, settings: Self.settings,
        listen: "tls: { certificate: cert.pem, key: key.pem }, proxy_protocol: { from: [127.0.0.1/32] }")
      try TestCertificate().write(to: server.folder)
      try await server.start()
      let ports = try FreePort.take(2)
      let proxy = try haproxy(
        folder,
        [
          (port: ports[0], option: "send-proxy"), (port: ports[1], option: "send-proxy-v2-ssl proxy-v2-options crc32c"),
        ],
        to: server.port)
      try proxy.start()
      try await proxy.accepts(ports[0], ports[1])
      let tls = try TestTLS()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(4, at: server.port, on: loops, sharesPerSecond: 5) { options, index in
          options.port = ports[index % 2]
          options.localAddress = "127.0.0.\(20 + index)"
          if index >= 2 { options.tls = tls }
        }
        try await miners.startAndWait()
        try await miners.mine(2)
        let page = try await server.api.get("/api/workers").json
        let addresses = page["workers"].array.compactMap { $0["ip"].string }.sorted()
        #expect(addresses == ["127.0.0.20", "127.0.0.21", "127.0.0.22", "127.0.0.23"], "\(page)")
        // Without a token nobody sees them.
        let others = try await HTTPClient(port: server.api.port).get("/api/workers").json
        #expect(others["workers"].array.count == 4 && others["workers"].array.allSatisfy { $0["ip"].isNull })
        #expect(miners.disconnects == 0)
        miners.stop()
      }
      try await proxy.stop()
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(2)))
    func `attack 15, PROXY-header spoof: a header from elsewhere is refused, and a proxy without one too`() async throws
    {
      let folder = try TemporaryFolder("headers")
      let server = try ZionServer(
        "server", in: folder, settings: Self.settings, listen: "proxy_protocol: { from: [127.0.0.1/32] }")
      try await server.start()
      let header = "PROXY TCP4 192.0.2.7 192.0.2.8 40000 3333\r\n"
      let binary: [UInt8] =
        [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12] + [UInt8](repeating: 9, count: 12)
      try await EndToEnd.withLoops { loops in
        for bytes in [Array((header + Self.subscribe + "\n").utf8), binary + Array((Self.subscribe + "\n").utf8)] {
          let stranger = try await RawConnection(port: server.port, from: "127.0.0.2", on: loops)
          stranger.send(bytes)
          try await eventually("an end") { stranger.isClosed }
          #expect(stranger.lines.count == 1 && stranger.lines[0].contains("listen.proxy_protocol.from"))
        }
        let stranger = try await RawConnection(port: server.port, from: "127.0.0.2", on: loops)
        stranger.send(line: Self.subscribe)
        try await eventually("an answer") { stranger.messages.contains { $0["id"].int == 1 } }
        for bytes in [Self.subscribe + "\n", "PROXY TCP4 300.0.0.1 1.1.1.1 1 2\r\n", header + header] {
          let proxy = try await RawConnection(port: server.port, on: loops)
          proxy.send(Array(bytes.utf8))
          try await eventually("an end") { proxy.isClosed }
          #expect(!proxy.messages.contains { $0["id"].int == 1 })
        }
        #expect(server.process.output.contains("must begin with a PROXY header"), "\(server.process.tail)")
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func `beginnings without an end are closed in time, wherever they stop, and the others go on`() async throws {
      let folder = try TemporaryFolder("beginnings")
      let server = try ZionServer(
        "server", in: folder, settings: Self.settings,
        listen: "tls: { certificate: cert.pem, key: key.pem }, proxy_protocol: { from: [127.0.0.3/32] }")
      try TestCertificate().write(to: server.folder)
      try await server.start()
      let text = Array("PROXY TCP4 192.0.2.7 192.0.2.8 40000 3333\r\n".utf8)
      let binary: [UInt8] =
        [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12] + [UInt8](repeating: 9, count: 12)
      // A handshake record of 16 KiB that announces a ClientHello of 16 MiB, and never comes to its end.
      let hello: [UInt8] = [22, 3, 1, 64, 0, 1, 255, 255, 255, 3, 3]
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 5)
        try await miners.startAndWait()
        var open: [RawConnection] = []
        for header in [text, binary] {
          for count in 0..<header.count {
            let cut = try await RawConnection(port: server.port, from: "127.0.0.3", on: loops)
            cut.send(Array(header[..<count]))
            open.append(cut)
          }
        }
        for bytes in [hello, hello + [UInt8](repeating: 7, count: 8000), [22], [13, 10], Array("PROX".utf8), []] {
          let begun = try await RawConnection(port: server.port, on: loops)
          begun.send(bytes)
          open.append(begun)
        }
        // Much of nothing is closed at once: there is no line, and no handshake, of that length.
        for byte in [UInt8(ascii: "x"), 0, 255] {
          let garbage = try await RawConnection(port: server.port, on: loops)
          garbage.send([UInt8](repeating: byte, count: 10_240))
          try await eventually("an end of garbage of \(byte)", within: .seconds(10)) { garbage.isClosed }
        }
        let endless = try await RawConnection(port: server.port, on: loops)
        endless.send(hello + [UInt8](repeating: 7, count: 200_000))
        try await eventually("an end of a handshake that is too long", within: .seconds(10)) { endless.isClosed }
        // 15 s to log in, 5 s for a header, and one for the end of TLS.
        let begun = open
        try await eventually(
          "an end of \(begun.count) beginnings", within: .seconds(60),
          detail: { "\(begun.count { !$0.isClosed }) are open" }
        ) { begun.allSatisfy(\.isClosed) }
        try await miners.mine(3)
        #expect(miners.disconnects == 0)
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
