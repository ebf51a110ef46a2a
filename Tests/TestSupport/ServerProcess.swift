import Foundation
import NIOConcurrencyHelpers

/// A program that a test runs beside itself: `zion`, found next to the test bundle, in a folder of its own.
///
/// Its process id is written down as `FOLDER/NAME.pid`, so that a script can end what a crashed test left behind.
public final class ServerProcess: Sendable {
  public let name: String
  public let folder: URL
  private let executable: URL
  private let arguments: [String]
  private let environment: [String: String]
  private let child: NIOLockedValueBox<Child>

  private enum Child {
    case none
    case running(pid_t)
    case ended(Exit)
  }

  public enum Exit: Equatable, Sendable {
    case status(Int32)
    case signal(Int32)
  }

  public struct NoBinary: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
  }

  /// Nothing is started yet. `folder` is the program's working directory; `environment` is besides our own.
  public init(
    _ name: String, in folder: URL, executable: URL? = nil, arguments: [String], environment: [String: String] = [:]
  ) throws {
    self.name = name
    self.folder = folder
    self.executable = try executable ?? Self.zion()
    self.arguments = arguments
    self.environment = environment
    child = NIOLockedValueBox(.none)
  }

  deinit { kill(SIGKILL) }

  /// The `zion` binary of the build that the tests belong to, or the one that `ZION_BINARY` names.
  public static func zion() throws -> URL {
    if let path = ProcessInfo.processInfo.environment["ZION_BINARY"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    var program = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &program, program.count - 1)
    var folders = length > 0 ? [folderOf(program)] : []
    folders += CommandLine.arguments.filter { $0.contains(".xctest") }.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent()
    }
    folders.append(
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".build/debug"))
    let places = folders.map { $0.appendingPathComponent("zion") }
    guard let found = places.first(where: { access($0.path, X_OK) == 0 }) else {
      throw NoBinary(
        description:
          "no program at \(places.map(\.path).joined(separator: " or ")): `swift build --build-tests` makes it")
    }
    return found
  }

  private static func folderOf(_ path: [CChar]) -> URL {
    URL(fileURLWithPath: String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
      .deletingLastPathComponent()
  }

  public var log: URL { folder.appendingPathComponent("\(name).log") }

  /// What the program has written so far, on both outputs, over all its starts.
  public var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

  public var pid: pid_t? { child.withLockedValue { if case .running(let pid) = $0 { pid } else { nil } } }

  /// Starts the program; it may be started again when it has ended.
  public func start() throws {
    // Foundation closes all other descriptors: our sockets must not live on in the child, where nobody closes them.
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    if !environment.isEmpty {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
    }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try appendingHandle()
    process.standardError = process.standardOutput
    let child = child
    process.terminationHandler = { process in
      let exit: Exit =
        process.terminationReason == .uncaughtSignal
        ? .signal(process.terminationStatus) : .status(process.terminationStatus)
      child.withLockedValue { $0 = .ended(exit) }
    }
    try child.withLockedValue { child in
      if case .running = child { return }
      try Self.withSignalsUnblocked { try process.start() }
      child = .running(process.processIdentifier)
      let written = folder.appendingPathComponent("\(name).pid")
      try Data("\(process.processIdentifier)\n".utf8).write(to: written)
    }
  }

  /// A child inherits the mask of the thread that starts it, and ours is a dispatch thread that blocks SIGTERM.
  private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  private func appendingHandle() throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    return handle
  }

  /// How the program ended; `nil` while it runs or before its first start.
  public var exit: Exit? { child.withLockedValue { if case .ended(let exit) = $0 { exit } else { nil } } }

  public var isRunning: Bool { pid != nil }

  /// Sends a signal to the program, if it runs.
  public func kill(_ signal: Int32) {
    child.withLockedValue { child in
      if case .running(let pid) = child { Foundation.kill(pid, signal) }
    }
  }

  /// `kill -9`, and waits until the program is gone.
  public func crash() async throws {
    kill(SIGKILL)
    _ = try await end()
  }

  /// Waits for the end of the program.
  public func end(within limit: Duration = .seconds(20)) async throws -> Exit {
    try await eventually("end of \(name)", within: limit, detail: { self.tail }) { self.exit != nil }
    return exit ?? .status(-1)
  }

  /// Asks the program to end (SIGTERM) and waits for it.
  @discardableResult
  public func stop() async throws -> Exit {
    kill(SIGTERM)
    return try await end()
  }

  /// Waits until the program accepts connections at every one of the ports. Ends early when the program ends.
  public func accepts(_ ports: Int..., within limit: Duration = .seconds(30)) async throws {
    try await eventually("\(name) listening on \(ports)", within: limit, detail: { self.tail }) {
      if let exit = self.exit { throw TimedOut(description: "\(self.name) ended (\(exit)):\n\(self.tail)") }
      return ports.allSatisfy(FreePort.answers)
    }
  }

  /// The end of the output for failure messages; of a program that crashed, what it says about the crash.
  public var tail: String {
    let lines = output.split(separator: "\n")
    let crash = lines.firstIndex { $0.contains("Fatal error") || $0.contains("Program crashed") }
    return (crash.map { lines[$0...].prefix(80) } ?? lines.suffix(25)).joined(separator: "\n")
  }
}
