import Foundation

/// The PostgreSQL server of the test run, which `Tests/tools/test.sh` starts; and servers of a test's own, which it may
/// stop and kill.
public final class PostgresServer: Sendable {
  /// Of a database that is always there.
  public let url: String
  private let folder: TemporaryFolder
  private let process: ServerProcess

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// A new, empty database in the server of the test run. Its URL.
  public static func makeDatabase() throws -> String {
    guard let url = ProcessInfo.processInfo.environment["ZION_POSTGRES"], !url.isEmpty else {
      throw Failure(description: "ZION_POSTGRES is not set: Tests/tools/test.sh starts the server that it names")
    }
    return try makeDatabase(in: url)
  }

  /// A new, empty database in the server of `url`.
  public static func makeDatabase(in url: String) throws -> String {
    let name = "zion_\(UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased())"
    try psql(url, "CREATE DATABASE \(name)")
    guard let slash = url.lastIndex(of: "/") else { throw Failure(description: "\(url) is no URL of a database") }
    return url[...slash] + name
  }

  /// What `psql` prints for a statement, without headings; fields are separated by `|`.
  @discardableResult
  public static func psql(_ url: String, _ sql: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", sql]
    // Files, not pipes: a pipe that another child has by accident ends with that one only.
    let scratch = try TemporaryFolder("psql")
    defer { withExtendedLifetime(scratch) {} }
    let (answer, trouble) = (
      scratch.url.appendingPathComponent("answer"), scratch.url.appendingPathComponent("trouble")
    )
    for file in [answer, trouble] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: answer)
    process.standardError = try FileHandle(forWritingTo: trouble)
    try process.start()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "psql: \(try String(contentsOf: trouble, encoding: .utf8))")
    }
    return try String(contentsOf: answer, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A server of the test's own.
  public static func start() async throws -> PostgresServer {
    let server = try PostgresServer()
    try await server.start()
    return server
  }

  private init() throws {
    folder = try TemporaryFolder("postgres")
    let port = try FreePort.take(1)[0]
    url = "postgres://zion@127.0.0.1:\(port)/postgres"
    let bin = try Self.binFolder()
    let data = folder.url.appendingPathComponent("data").path
    let isRoot = geteuid() == 0
    if isRoot {
      guard let user = getpwnam("postgres") else {
        throw Failure(description: "root needs a user “postgres” to run a server as")
      }
      try Self.makeReachable(folder.url)
      guard chown(folder.url.path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
        throw Failure(description: "\(folder.url.path) cannot be given to the user postgres")
      }
    }
    let run = isRoot ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : []
    let make = Process()
    make.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    make.arguments =
      run + ["\(bin)/initdb", "-D", data, "-U", "zion", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    make.currentDirectoryURL = URL(fileURLWithPath: "/")
    make.standardOutput = FileHandle.nullDevice
    try make.start()
    make.waitUntilExit()
    guard make.terminationStatus == 0 else { throw Failure(description: "initdb failed in \(data)") }
    process = try ServerProcess(
      "postgres", in: folder.url, executable: URL(fileURLWithPath: "/usr/bin/env"),
      arguments: run + [
        "\(bin)/postgres", "-D", data, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c",
        "unix_socket_directories=",
      ])
  }

  private static func makeReachable(_ url: URL) throws {
    var path = url
    while path.path != "/" {
      var status = stat()
      guard stat(path.path, &status) == 0 else { break }
      if status.st_mode & S_IXOTH == 0 { chmod(path.path, status.st_mode & 0o7777 | S_IXOTH) }
      path.deleteLastPathComponent()
    }
  }

  private static func binFolder() throws -> String {
    if let folder = ProcessInfo.processInfo.environment["ZION_POSTGRES_BIN"], !folder.isEmpty { return folder }
    let root = "/usr/lib/postgresql"
    let versions = try FileManager.default.contentsOfDirectory(atPath: root).compactMap(Int.init)
    guard let newest = versions.max() else {
      throw Failure(description: "no PostgreSQL below \(root): apt-get install postgresql")
    }
    return "\(root)/\(newest)/bin"
  }

  /// Starts it; also after `kill`.
  public func start() async throws {
    try process.start()
    try await eventually("PostgreSQL answers", within: .seconds(60), detail: { self.process.output }) {
      (try? Self.psql(self.url, "SELECT 1")) == "1"
    }
  }

  /// Ends it at once, with all its connections, as a power cut does.
  public func kill() async throws {
    // Stopped first: it starts no more of them.
    process.kill(SIGSTOP)
    for child in children() { Foundation.kill(child, SIGKILL) }
    process.kill(SIGKILL)
    try await eventually("PostgreSQL is gone", within: .seconds(30)) { (try? Self.psql(self.url, "SELECT 1")) == nil }
  }

  /// Neither it nor any of its connections answers until `thaw`.
  public func freeze() {
    process.kill(SIGSTOP)
    for child in children() { Foundation.kill(child, SIGSTOP) }
  }

  public func thaw() {
    for child in children() { Foundation.kill(child, SIGCONT) }
    process.kill(SIGCONT)
  }

  /// The processes that it has started, one a connection and a few of its own.
  private func children() -> [pid_t] {
    guard let parent = process.pid else { return [] }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(pid_t.init) ?? []
    return all.filter { child in
      // The name is in parentheses and may have spaces: the fields behind it are state and parent.
      guard let text = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1
      else { return false }
      return pid_t(fields[1]) == parent
    }
  }
}
