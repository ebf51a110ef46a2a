import Foundation
import TestSupport
import Testing

@Suite struct ProcessStartTests {
  /// The sockets that a child has, as `socket:[NUMBER]`.
  private func sockets(ofChildIn folder: URL, _ number: Int) throws -> [Substring] {
    let file = folder.appendingPathComponent("\(number)")
    try Data().write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/ls")
    process.arguments = ["-l", "/proc/self/fd"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: file)
    try process.start()
    process.waitUntilExit()
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      line.split(separator: " ").last { $0.hasPrefix("socket:") }
    }
  }

  /// Foundation leaves each child one end of a socket, by which it hears of the child's end.
  @Test func `seed 160: of children that are started at once, none keeps what tells of another's end`() async throws {
    let folder = try TemporaryFolder("children")
    defer { withExtendedLifetime(folder) {} }
    let url = folder.url
    // A child is started the slower, the more is open.
    let many = (0..<1400).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    defer { for one in many { close(one) } }
    var seen: Set<Substring> = []
    try await withThrowingTaskGroup(of: [Substring].self) { group in
      for number in 0..<1000 { group.addTask { try sockets(ofChildIn: url, number) } }
      for try await sockets in group {
        #expect(!sockets.isEmpty)
        #expect(seen.isDisjoint(with: sockets), "\(sockets)")
        seen.formUnion(sockets)
      }
    }
  }
}
