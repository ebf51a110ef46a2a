import Foundation
import NIOPosix
import Pool
import Proxy
import Stratum
import TestSupport
import Testing

@testable import zion

/// Faults that are really there, and the built binary that has to find them.
@Suite(.serialized) struct DoctorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("doctor") }

  /// What `zion doctor --json` says of a configuration, and how it ended.
  private func examine(
    _ configuration: String, descriptors: Int? = nil
  ) async throws -> (findings: [DoctorFinding], exit: ServerProcess.Exit) {
    try folder.write(configuration, to: "zion.yaml")
    let name = "doctor-\(UUID().uuidString.prefix(8))"
    let zion = try ServerProcess.zion()
    let limit = descriptors.map { "ulimit -n \($0); " } ?? ""
    let process = try ServerProcess(
      name, in: folder.url, executable: URL(fileURLWithPath: "/bin/bash"),
      arguments: ["-c", "\(limit)exec '\(zion.path)' doctor --config zion.yaml --json"])
    try process.start()
    let exit = try await process.end(within: .seconds(60))
    let diagnosis = try JSONDecoder().decode(Diagnosis.self, from: Data(process.output.utf8))
    #expect(diagnosis.faults == diagnosis.findings.count { $0.level == .fault })
    #expect(diagnosis.findings.allSatisfy { ($0.remedy == nil) == ($0.level == .ok) })
    return (diagnosis.findings, exit)
  }

  private func faults(_ findings: [DoctorFinding], _ check: String) -> [String] {
    findings.filter { $0.check == check && $0.level == .fault }.map(\.what)
  }

  /// A database with tables, whose pages are then overwritten.
  private func damagedDatabase() async throws -> String {
    let path = folder.url.appendingPathComponent("damaged.sqlite").path
    do {
      let database = try SQLiteDatabase(path: path)
      _ = try await database.migrate()
    }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    #expect(size > 16384)
    try file.seek(toOffset: 4096)
    try file.write(contentsOf: Data(repeating: 0xFF, count: 8192))
    try file.close()
    try? FileManager.default.removeItem(atPath: path + "-wal")
    try? FileManager.default.removeItem(atPath: path + "-shm")
    return path
  }

  @Test func `a machine in order has no fault`() async throws {
    let ports = try FreePort.take(2)
    let (findings, exit) = try await examine(
      """
      listen: 127.0.0.1:\(ports[0])
      api: { listen: "127.0.0.1:\(ports[1])" }
      data: \(folder.url.path)
      limits: { connections: 100 }
      """)
    #expect(findings.filter { $0.level == .fault } == [])
    #expect(exit == .status(0))
    #expect(
      Set(findings.map(\.check))
        == [
          "config", "policy", "secrets", "limits", "clock", "data", "ports", "database", "node", "upstreams", "prices",
        ])
  }

  @Test
  func `taken port, open token, damaged database, few descriptors, dead feed, refused login, dead pool are found`()
    async throws
  {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { loops.shutdownGracefully { _ in } }
    let pool = try await FakePool("strict", difficulty: 1, on: loops)
    pool.refuseLogins()
    let good = try await FakePool("good", difficulty: 1, on: loops)
    let nonsense = try await FakeFeed(.body("<html>sorry</html>"), on: loops)
    let ports = try FreePort.take(3)
    let token = try folder.write("0123456789abcdef\n", to: "zion.token")
    #expect(chmod(token, 0o644) == 0)
    let (findings, exit) = try await examine(
      """
      listen: 127.0.0.1:\(pool.port)
      api: { listen: "127.0.0.1:\(ports[0])", token_file: zion.token }
      data: \(folder.url.path)
      pools:
        - { name: strict, url: "stratum+tcp://127.0.0.1:\(pool.port)", user: nobody }
        - { name: gone, url: "stratum+tcp://127.0.0.1:\(ports[1])", user: me }
        - { name: good, url: "stratum+tcp://127.0.0.1:\(good.port)", user: me }
      prices:
        BTC: { feeds: [{ url: "http://127.0.0.1:\(ports[2])/price", pointer: /price }] }
        LTC: { feeds: [{ url: "\(nonsense.url)", pointer: /price }] }
      local: { database: "sqlite:\(try await damagedDatabase())" }
      """, descriptors: 400)
    #expect(exit == .status(1))
    #expect(faults(findings, "ports") == ["listen: port \(pool.port) is taken by another program"])
    #expect(
      faults(findings, "secrets").first?.contains("everybody on this machine may read zion.token (mode 644)") == true)
    #expect(faults(findings, "database").first?.contains("damaged.sqlite is damaged: ") == true, "\(findings)")
    #expect(
      faults(findings, "limits") == ["400 open files are allowed: 0 miners fit, and limits.connections is 10000"])
    #expect(faults(findings, "prices").count == 2)
    #expect(faults(findings, "prices").first?.hasPrefix("price of BTC: 127.0.0.1 cannot be reached: ") == true)
    #expect(faults(findings, "prices").last == "price of LTC: 127.0.0.1 did not answer with JSON")
    let upstreams = findings.filter { $0.check == "upstreams" }
    #expect(upstreams.map(\.level) == [.fault, .fault, .ok], "\(upstreams)")
    #expect(
      upstreams[0].what.hasPrefix("strict at stratum+tcp://127.0.0.1:\(pool.port) does not let “nobody” in: the pool "))
    #expect(upstreams[0].what.contains("no such account here"))
    #expect(upstreams[1].what.hasSuffix("nothing listens there (connection refused)"))
    #expect(upstreams[2].what.contains("logged in, first job at difficulty 1 after "))
  }

  @Test func `a socket in a folder that is not there, or where a file is, is found`() async throws {
    let ports = try FreePort.take(2)
    func findings(_ socket: String) async throws -> [DoctorFinding] {
      try await examine(
        """
        listen: 127.0.0.1:\(ports[0])
        api: { listen: "127.0.0.1:\(ports[1])", socket: \(socket) }
        data: \(folder.url.path)
        limits: { connections: 100 }
        """
      ).findings
    }
    let missing = try await findings("run/api.sock")
    #expect(faults(missing, "ports").first?.hasSuffix("run: No such file or directory") == true, "\(missing)")
    try folder.write("precious", to: "api.sock")
    let file = try await findings("api.sock")
    #expect(faults(file, "ports").first?.hasSuffix("api.sock is a file that is no socket") == true, "\(file)")
    let good = try await findings("other.sock")
    #expect(good.contains { $0.level == .ok && $0.what == "api.socket other.sock can be opened" }, "\(good)")
  }

  @Test func `a PostgreSQL server that is down, a node that is down, and a data folder that is none are found`()
    async throws
  {
    let ports = try FreePort.take(4)
    let file = try folder.write("not a folder", to: "file")
    let (findings, exit) = try await examine(
      """
      listen: 127.0.0.1:\(ports[0])
      api: { listen: "127.0.0.1:\(ports[1])" }
      data: \(file)
      limits: { connections: 100 }
      local:
        node: bitcoin
        address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
        bitcoin: { urls: ["http://me:secret@127.0.0.1:\(ports[2])"] }
        database: "postgres://zion@127.0.0.1:\(ports[3])/zion"
      """)
    #expect(exit == .status(1))
    #expect(faults(findings, "data") == ["\(file) is not a folder"])
    #expect(faults(findings, "database").count == 1 && faults(findings, "node").count == 1, "\(findings)")
    #expect(
      faults(findings, "node").first?.hasPrefix("http://127.0.0.1:\(ports[2])/: node cannot be reached: ") == true)
    #expect(!findings.contains { $0.what.contains("secret@") || $0.what.contains("me:secret") })
  }

  @Test func `a folder that nobody can write to is found`() async throws {
    // Also root can make no file there.
    let finding = MachineChecks.folder("/proc")
    #expect(finding.level == .fault && finding.what.hasPrefix("/proc cannot be written: "), "\(finding)")
  }

  @Test func `a node of another network than the pool's address is found`() async throws {
    let nodes = try await BitcoindPair.start()
    defer { nodes.stop() }
    let ports = try FreePort.take(2)
    let (findings, exit) = try await examine(
      """
      listen: 127.0.0.1:\(ports[0])
      api: { listen: "127.0.0.1:\(ports[1])" }
      data: \(folder.url.path)
      limits: { connections: 100 }
      local:
        node: bitcoin
        address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
        bitcoin: { urls: ["\(nodes.urls[0])"] }
      """)
    #expect(exit == .status(1))
    let name = "http://127.0.0.1:\(nodes.rpcPorts[0])/"
    #expect(
      faults(findings, "node") == [
        "local.address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa is no address of the network that \(name) is on (regtest)"
      ], "\(findings)")
    let node = findings.filter { $0.check == "node" && $0.level == .ok }.map(\.what)
    #expect(node.first == "\(name) is on regtest, at block 1")
    #expect(node.contains { $0.hasPrefix("\(name) gives work, for block 2") })
    #expect(node.contains { $0.hasPrefix("the wallet of \(name) holds ") })
  }

  @Test func `a configuration with mistakes is found, each with its line`() async throws {
    let (findings, exit) = try await examine("listen: nowhere\nlimits: { connections: many }\n")
    #expect(exit == .status(1))
    #expect(faults(findings, "config").count == 2)
    #expect(faults(findings, "config").first?.hasPrefix("zion.yaml:1: listen: ") == true)
    #expect(faults(findings, "config").last?.hasPrefix("zion.yaml:2: limits.connections: ") == true)
  }

  @Test func `ports of a running zion are ours`() async throws {
    let parent = try TemporaryFolder("doctor-running")
    let server = try ZionServer("running", in: parent, settings: "limits: { connections: 100 }\n")
    try await server.start()
    let process = try ServerProcess(
      "doctor", in: server.folder, arguments: ["doctor", "--config", "zion.yaml", "--json"])
    try process.start()
    let exit = try await process.end(within: .seconds(60))
    let diagnosis = try JSONDecoder().decode(Diagnosis.self, from: Data(process.output.utf8))
    #expect(exit == .status(0), "\(process.output)")
    let ports = diagnosis.findings.filter { $0.check == "ports" }.map(\.what)
    #expect(ports.count == 2 && ports.allSatisfy { $0.contains("is in use by zion ") }, "\(ports)")
    try await server.process.stop()
  }
}

/// What the checks make of what they find, without the machine.
@Suite struct DoctorJudgementTests {
  @Test func `a clock is judged by the middle of what others say`() {
    #expect(MachineChecks.clock(offsets: [("a", 0.4), ("b", 900), ("c", -0.2)]).level == .ok)
    #expect(
      MachineChecks.clock(offsets: [("a", 31), ("b", 30)]).what == "this clock is 31 s slow against a (the middle of 2)"
    )
    #expect(MachineChecks.clock(offsets: [("a", -4000)]).level == .fault)
    #expect(MachineChecks.clock(offsets: []).level == .ok)
    #expect(MachineChecks.clock(wallSeconds: 0.05, monotonicSeconds: 0.05, wall: 1_800_000_000).level == .ok)
    #expect(MachineChecks.clock(wallSeconds: 3600, monotonicSeconds: 0.05, wall: 1_800_000_000).level == .warning)
    #expect(MachineChecks.clock(wallSeconds: 0.05, monotonicSeconds: 0.05, wall: 60).level == .fault)
    #expect(TimeServers.date("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(TimeServers.date("Sunday") == nil && TimeServers.date("Sun, 06 Nov 1994 25:49:37 GMT") == nil)
  }

  @Test func `room on a disk is judged by bytes and by files`() {
    #expect(MachineChecks.space("d", free: 50 << 20, inodes: nil).level == .fault)
    #expect(MachineChecks.space("d", free: 500 << 20, inodes: nil).level == .warning)
    #expect(MachineChecks.space("d", free: 5 << 30, inodes: 1_000_000).level == .ok)
    #expect(MachineChecks.space("d", free: 5 << 30, inodes: 3).level == .fault)
  }

  @Test func `a secret is for its owner, and for a group that only reads`() {
    #expect(SecretChecks.judge("f", key: "api.token_file", mode: 0o600).level == .ok)
    #expect(SecretChecks.judge("f", key: "api.token_file", mode: 0o640).level == .ok)
    #expect(SecretChecks.judge("f", key: "api.token_file", mode: 0o660).what.contains("its group may change f"))
    #expect(
      SecretChecks.judge("f", key: "api.token_file", mode: 0o604).what.contains("everybody on this machine may read f"))
    #expect(SecretChecks.judge("f", key: "api.token_file", mode: nil).level == .fault)
  }

  private func progress(_ blocks: Int, of headers: Int) throws -> DoctorFinding.Level {
    let text = #"{"chain":"main","blocks":\#(blocks),"headers":\#(headers)}"#
    return NodeChecks.progress("n", try JSONDecoder().decode(NodeChain.self, from: Data(text.utf8))).level
  }

  @Test func `a node that is behind, and an old server, are faults`() throws {
    #expect(try progress(10, of: 900) == .fault)
    #expect(try progress(900, of: 901) == .ok)
    #expect(DatabaseChecks.server("p", number: 140_011, status: "").level == .fault)
    #expect(DatabaseChecks.server("p", number: 150_018, status: "").level == .ok)
  }

  @Test func `each reason why a port cannot be had is told apart`() {
    let place = HostPort(host: "10.1.2.3", port: 80)
    let words = [EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOBUFS].map {
      PortChecks.judge("listen", place, error: $0, running: nil)
    }
    #expect(words.allSatisfy { $0.level == .fault })
    #expect(Set(words.map(\.remedy)).count == 4)
    #expect(words[2].what == "listen: 10.1.2.3 is no address of this machine")
  }

  @Test func `the report says what to do, line by line, and counts`() {
    let lines = Diagnosis([
      .ok("config", "fine"), .warning("clock", "slow", do: "set it"), .fault("ports", "taken\u{1b}[2J", do: "move"),
    ]).lines
    #expect(
      lines == [
        "OK       config  fine", "WARNING  clock   slow", "                 → set it", "FAULT    ports   taken?[2J",
        "                 → move", "", "1 fault, 1 warning",
      ])
  }
}
