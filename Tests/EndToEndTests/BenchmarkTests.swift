import Foundation
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct BenchmarkTests {
    @Test(.timeLimit(.minutes(2)), arguments: [SIGINT, SIGTERM])
    func `a benchmark that is interrupted ends the server that it has started`(signal: Int32) async throws {
      let folder = try TemporaryFolder("interrupted-bench")
      let bench = try ServerProcess(
        "bench", in: folder.url, arguments: ["bench", "shares", "--directory", folder.url.path])
      try bench.start()
      let id = try #require(bench.pid)
      try await eventually("a server of its own", detail: { bench.tail }) { !Self.children(of: id).isEmpty }
      let servers = Self.children(of: id)
      bench.kill(signal)
      #expect(try await bench.end() == .status(128 + signal), "\(bench.tail)")
      try await eventually("the end of \(servers)") { servers.allSatisfy { Self.state(of: $0) == nil } }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.compactMap { pid_t($0) }.filter { state(of: $0)?.parent == "\(parent)" }
    }

    /// The third and fourth field of proc_pid_stat(5), after the name in parentheses; `nil` once it has ended, whether
    /// somebody has asked how or not.
    private static func state(of id: pid_t) -> (state: Substring, parent: Substring)? {
      guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
      else { return nil }
      let fields = text[end...].split(separator: " ")
      return fields.count > 2 && fields[1] != "Z" ? (fields[1], fields[2]) : nil
    }
  }
}
