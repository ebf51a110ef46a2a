import Foundation
import TestSupport
import Testing

/// The files of `ops/`, judged by the programs that they are for. `Tests/tools/setup.sh` installs those.
@Suite struct OpsFileTests {
  private static let ops = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("ops")

  private struct Verdict {
    let exit: ServerProcess.Exit
    let output: String
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: ops.appendingPathComponent(path), encoding: .utf8)
  }

  /// - Throws: when the program is not there; the test that asks then fails.
  private static func run(_ arguments: String..., in folder: TemporaryFolder) async throws -> Verdict {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let process = try ServerProcess(
      "\(arguments[0])-\(UUID().uuidString.prefix(8))", in: folder.url,
      executable: URL(fileURLWithPath: "/usr/bin/env"),
      // Where Debian has what is for administrators.
      arguments: ["PATH=\(path):/usr/sbin:/sbin"] + arguments)
    try process.start()
    let exit = try await process.end(within: .seconds(60))
    guard exit != .status(127) else {
      throw ServerProcess.NoBinary(
        description:
          "no \(arguments[0]) in PATH: Tests/tools/setup.sh nginx libnginx-mod-stream haproxy systemd openssl")
    }
    return Verdict(exit: exit, output: process.output)
  }

  /// A certificate and its key, in the place of those that an operator has.
  private static func makeCertificate(in folder: TemporaryFolder) async throws {
    let made = try await run(
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem",
      "-days", "2", "-subj", "/CN=pool.example", in: folder)
    #expect(made.exit == .status(0), "\(made.output)")
    let both = try ["certificate.pem", "key.pem"].map {
      try String(contentsOf: folder.url.appendingPathComponent($0), encoding: .utf8)
    }
    try folder.write(both.joined(), to: "both.pem")
  }

  @Test(.timeLimit(.minutes(2))) func `nginx takes its file, with the part for miners too`() async throws {
    let folder = try TemporaryFolder("nginx")
    try await Self.makeCertificate(in: folder)
    let parts = try Self.text("nginx/zion.conf").split(separator: "# --- beside http { }", maxSplits: 1)
    try #require(parts.count == 2)
    let stream = parts[1].split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map { line in
      line.hasPrefix("# ") ? line.dropFirst(2) : line.drop { $0 == "#" }
    }
    #expect(stream.contains { $0.hasPrefix("stream {") })
    let ports = try FreePort.take(2)
    func configuration(_ http: some StringProtocol) -> String {
      let text = """
        load_module /usr/lib/nginx/modules/ngx_stream_module.so;
        pid nginx.pid;
        error_log stderr;
        events {}
        http {
        access_log off;
        \(http)
        }
        \(stream.joined(separator: "\n"))
        """
      // It opens what it listens on even for a test.
      return text.replacing("3443 ssl;", with: "\(ports[0]) ssl;").replacing("443 ssl;", with: "\(ports[1]) ssl;")
        .replacing("/etc/letsencrypt/live/pool.example/fullchain.pem", with: folder.url.path + "/certificate.pem")
        .replacing("/etc/letsencrypt/live/pool.example/privkey.pem", with: folder.url.path + "/key.pem")
    }
    func judge(_ text: String) async throws -> Verdict {
      let path = try folder.write(text, to: "nginx.conf")
      return try await Self.run("nginx", "-t", "-p", folder.url.path, "-c", path, in: folder)
    }
    let verdict = try await judge(configuration(parts[0]))
    #expect(verdict.exit == .status(0), "\(verdict.output)")
    #expect(!verdict.output.contains("[warn]") && !verdict.output.contains("[emerg]"), "\(verdict.output)")
    let wrong = try await judge(configuration(parts[0].replacing("proxy_pass", with: "proxy_past")))
    #expect(wrong.exit == .status(1) && wrong.output.contains("proxy_past"), "\(wrong.output)")
  }

  @Test(.timeLimit(.minutes(2))) func `HAProxy takes its file without a warning`() async throws {
    let folder = try TemporaryFolder("haproxy")
    try await Self.makeCertificate(in: folder)
    let text = try Self.text("haproxy/haproxy.cfg")
      .replacing("/etc/haproxy/certs/pool.example.pem", with: folder.url.path + "/both.pem")
    func judge(_ text: String) async throws -> Verdict {
      let path = try folder.write(text, to: "haproxy.cfg")
      return try await Self.run("haproxy", "-c", "-f", path, in: folder)
    }
    let verdict = try await judge(text)
    #expect(verdict.exit == .status(0), "\(verdict.output)")
    #expect(!verdict.output.contains("[WARNING]") && !verdict.output.contains("[ALERT]"), "\(verdict.output)")
    let wrong = try await judge(text.replacing("default_backend zion_api", with: "default_backend zion_app"))
    #expect(wrong.exit == .status(1) && wrong.output.contains("zion_app"), "\(wrong.output)")
  }

  @Test(.timeLimit(.minutes(2))) func `systemd takes the unit without a word`() async throws {
    let folder = try TemporaryFolder("systemd")
    let unit = try Self.text("systemd/zion.service")
      .replacing("/usr/bin/zion", with: try ServerProcess.zion().path)
    func judge(_ text: String) async throws -> Verdict {
      let path = try folder.write(text, to: "zion.service")
      return try await Self.run("systemd-analyze", "verify", "--man=no", path, in: folder)
    }
    let verdict = try await judge(unit)
    #expect(verdict.exit == .status(0) && verdict.output == "", "\(verdict.output)")
    let wrong = try await judge(unit.replacing("NoNewPrivileges", with: "NoNewPrivilege"))
    #expect(wrong.output.contains("NoNewPrivilege"), "\(wrong.output)")
  }
}
