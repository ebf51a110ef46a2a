import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// SIGUSR2: another program file in the place of the one that runs.
  @Suite struct UpgradeTests {
    private static let minerCount = 40
    private static let upgrades = 3

    /// A server whose program is a link that a test can point elsewhere.
    struct Replaceable {
      let server: ZionServer
      let link: URL
      let folder: URL

      init(in parent: TemporaryFolder, settings: String, listen: String? = nil) throws {
        folder = try parent.folder("programs")
        link = folder.appendingPathComponent("zion")
        try Self.point(link, to: ServerProcess.zion())
        server = try ZionServer("server", in: parent, settings: settings, listen: listen, executable: link)
      }

      private static func point(_ link: URL, to target: URL) throws {
        try? FileManager.default.removeItem(at: link)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      }

      /// Another file with the same program, as a package's new version is.
      func install(_ version: Int) throws -> URL {
        let file = folder.appendingPathComponent("zion-\(version)")
        try FileManager.default.copyItem(at: ServerProcess.zion(), to: file)
        try Self.point(link, to: file)
        return file
      }

      func install(_ other: URL) throws { try Self.point(link, to: other) }

      /// Returns when the log says so once more than before.
      func upgrade(until words: String) async throws {
        let known = server.process.output.components(separatedBy: words).count
        server.process.kill(SIGUSR2)
        try await eventually("the log says “\(words)”", within: .seconds(60), detail: { server.process.tail }) {
          server.process.output.components(separatedBy: words).count > known
        }
      }

      /// The file that the process runs.
      var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(server.process.pid ?? 0)/exe")) ?? ""
      }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a new program takes over the local pool's miners: no disconnect, no share lost`() async throws {
      let folder = try TemporaryFolder("upgrade")
      let place = try Replaceable(
        in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      let server = place.server
      try await server.start()
      try await EndToEnd.withLoops(2) { loops in
        let miners = try await Self.mining(at: server, loops)
        try await Self.upgradeUnderLoad(place, miners)
        try await miners.rest()
        Self.expectUndisturbed(miners)
        let told = miners.flatMap { $0.read { $0.accepted.map(\.hash) } }
        let table = try ShareTable(server.database)
        try await eventually("all shares are in the database", detail: { server.process.tail }) {
          let stored = try table.hashes()
          return told.allSatisfy { stored[$0] != nil }
        }
        let stored = try table.hashes()
        #expect(told.filter { stored[$0] != 1 } == [], "of \(told.count) told accepted")
        print(
          "upgrade (local pool): \(miners.count) miners, \(told.count) shares accepted, \(miners.rejections) rejected")
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["local", "upstream"])
    func `a new program takes over the connections to a pool: no disconnect, no share lost`(reply: String) async throws
    {
      let folder = try TemporaryFolder("upgrade")
      try await EndToEnd.withLoops(2) { loops in
        let pool = try await FakePool("far", difficulty: 0.0000002, on: loops)
        let place = try Replaceable(
          in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + "reply: \(reply)\npools:\n"
            + "  - { name: far, url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
            + EndToEnd.noLocalPool)
        let server = place.server
        try await server.start()
        let miners = try await Self.mining(at: server, loops)
        let connections = pool.record.connects
        try await Self.upgradeUnderLoad(place, miners) { pool.newJob() }
        try await miners.rest()
        Self.expectUndisturbed(miners)
        #expect(pool.record.connects == connections, "the pool saw a new connection")
        let told = Set(miners.flatMap { $0.read { $0.accepted.map(\.hash) } })
        try await eventually(
          "the pool has counted every share", detail: { "\(told.count) \(pool.record.accepted.count)" }
        ) {
          told.isSubset(of: Set(pool.record.accepted.map(\.hash)))
        }
        #expect(pool.record.accepted.count == Set(pool.record.accepted.map(\.hash)).count)
        print(
          "upgrade (upstream, reply \(reply)): \(miners.count) miners, \(told.count) shares accepted, "
            + "\(miners.rejections) rejected")
        miners.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a program that cannot go on from here changes nothing`() async throws {
      let folder = try TemporaryFolder("upgrade")
      let place = try Replaceable(
        in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      let server = place.server
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let miners = try await Self.mining(at: server, loops)
        try place.install(URL(fileURLWithPath: "/bin/false"))
        try await place.upgrade(until: "no upgrade, everything goes on as it was")
        let file = server.folder.appendingPathComponent("zion.yaml")
        let good = try Data(contentsOf: file)
        _ = try place.install(1)
        try Data("nonsense: true\n".utf8).write(to: file)
        try await place.upgrade(until: "no upgrade, everything goes on as it was")
        #expect(server.process.output.contains("nonsense"), "\(server.process.tail)")
        try good.write(to: file)
        try await miners.mine(2)
        try await place.upgrade(until: "took over")
        try await miners.mine(2)
        try await miners.rest()
        Self.expectUndisturbed(miners)
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func `miners under TLS are asked to come again, those without it stay`() async throws {
      let folder = try TemporaryFolder("upgrade")
      let place = try Replaceable(
        in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool(),
        listen: "tls: { certificate: cert.pem, key: key.pem }")
      let server = place.server
      try TestCertificate().write(to: server.folder)
      try await server.start()
      let tls = try TestTLS()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(8, at: server.port, on: loops, sharesPerSecond: 5) { options, index in
          if index % 2 == 0 { options.tls = tls }
        }
        try await miners.startAndWait()
        try await miners.mine(2)
        try await place.upgrade(until: "took over")
        try await miners.mine(5)
        for miner in miners {
          let asked = miner.options.tls == nil ? 0 : 1
          #expect(miner.read { $0.reconnectRequests } == asked && miner.read { $0.disconnects } == asked)
        }
        #expect(miners.oddities == [])
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func `at SIGTERM what was read is answered and stored, and miners are sent client.reconnect`() async throws {
      let folder = try TemporaryFolder("drain")
      let server = try ZionServer(
        "server", in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let miners = try await Self.mining(at: server, loops)
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        try await eventually("all were asked to come again") {
          miners.allSatisfy { $0.read { $0.reconnectRequests == 1 } }
        }
        let told = miners.flatMap { $0.read { $0.accepted.map(\.hash) } }
        let stored = try ShareTable(server.database).hashes()
        #expect(told.count >= miners.count && told.filter { stored[$0] != 1 } == [], "of \(told.count)")
        miners.stop()
      }
    }

    private static func mining(at server: ZionServer, _ loops: MultiThreadedEventLoopGroup) async throws -> [TestMiner]
    {
      let address = EndToEnd.address(0xc3)
      let miners = EndToEnd.miners(minerCount, at: server.port, on: loops, sharesPerSecond: 2) { options, index in
        options.user = "\(address).rig\(index)"
        options.followsExtranonce = index % 2 == 0
        options.sendsLateShares = index % 4 == 0
      }
      try await miners.startAndWait()
      try await miners.mine(1)
      expectUndisturbed(miners)
      return miners
    }

    /// Miners go on while the program is replaced, again and again.
    private static func upgradeUnderLoad(
      _ place: Replaceable, _ miners: [TestMiner], between: () -> Void = {}
    ) async throws {
      let process = try #require(place.server.process.pid)
      for version in 1...upgrades {
        let file = try place.install(version)
        try await place.upgrade(until: "took over")
        #expect(place.program == file.path)
        expectUndisturbed(miners)
        between()
        try await miners.mine(2)
      }
      #expect(place.server.process.pid == process)
      try await eventually("the API answers", detail: { place.server.process.tail }) {
        try await place.server.api.get("/api/health").status == 200
      }
      let status = try await place.server.api.get("/api/pools").json
      #expect(status["pools"].array.reduce(0) { $0 + ($1["miners"].int ?? 0) } == miners.count, "\(status)")
    }

    private static func expectUndisturbed(_ miners: [TestMiner]) {
      #expect(miners.disconnects == 0)
      #expect(miners.allSatisfy { $0.read { $0.connects == 1 } })
      #expect(miners.reduce(0) { $0 + $1.read { $0.reconnectRequests } } == 0)
      #expect(miners.rejections.isEmpty, "\(miners.rejections)")
      #expect(miners.oddities == [])
    }
  }
}
