import FoundationEssentials
import Glibc

/// The product itself, `zion run` in a process of its own, on a configuration that lives as long as the benchmark.
final class ServerUnderTest {
  /// What the miners' shares are worth: about one hash in four meets it, so that a share costs the load generator
  /// next to nothing and the server all of its work.
  static let shareDifficulty = 0.000000001
  static let userName = "ZION_00112233445566778899aabbccddeeff00112233"

  static let token = "bench-bench-bench-bench"

  /// The local pool's, and its database's file in the server's folder.
  static let poolName = "zion"
  static let database = "pool.sqlite"

  let process: ChildProcess
  let port: UInt16
  let apiPort: UInt16
  private let folder: BenchFolder

  /// As a proxy before one upstream.
  /// - Parameter receipts: what stands in the section of that name.
  static func proxy(
    upstream: UInt16, receipts: String = "{}", options: BenchOptions
  ) throws(BenchError) -> ServerUnderTest {
    try ServerUnderTest(
      options: options,
      source: """
        reply: local
        receipts: \(receipts)
        local: { enabled: false }
        pools:
          - { name: upstream, url: "stratum+tcp://127.0.0.1:\(upstream)", user: bench, password: x, extranonce2: 4 }
        """)
  }

  /// The same, with a local pool for KawPow beside it, that lets a flood go on.
  static func proxyAndKawPow(upstream: UInt16, options: BenchOptions) throws(BenchError) -> ServerUnderTest {
    try ServerUnderTest(
      options: options,
      source: """
        reply: local
        pools:
          - { name: upstream, url: "stratum+tcp://127.0.0.1:\(upstream)", user: bench, password: x, extranonce2: 4 }
        local:
          name: zion
          algorithm: kawpow
          address: \(userName)
          node: embedded
          embedded: { network: bench, interval: 120s }
          database: "sqlite:pool.sqlite"
        bans: { enabled: false }
        """, more: "algorithms: { kawpow: { start: 0.000000001, minimum: 0.000000001, maximum: 0.000000001 } }")
  }

  /// As the local pool on the embedded chain, its share journal on disk.
  /// - Parameter prepare: gets the folder that the server will run in, before it does.
  static func localPool(
    options: BenchOptions, prepare: (String) throws(BenchError) -> Void = { (_) throws(BenchError) in }
  ) throws(BenchError) -> ServerUnderTest {
    try ServerUnderTest(
      options: options, prepare: prepare,
      source: """
        local:
          name: \(poolName)
          algorithm: sha256d
          address: \(userName)
          node: embedded
          embedded: { network: bench, interval: 120s }
          database: "sqlite:\(database)"
        """)
  }

  private init(
    options: BenchOptions, prepare: (String) throws(BenchError) -> Void = { (_) throws(BenchError) in },
    source: String, more: String = "algorithms: {}"
  ) throws(BenchError) {
    folder = try BenchFolder(in: options.directory)
    try prepare(folder.path)
    port = try Loopback.freePort()
    apiPort = try Loopback.freePort()
    let text = """
      listen: 127.0.0.1:\(port)
      algorithm: sha256d
      data: \(folder.path)
      api: { listen: "127.0.0.1:\(apiPort)", token: \(Self.token) }
      limits: { connections: 19000 }
      vardiff: { target: 15s, start: 0.000000001, minimum: 0.000000001, maximum: 0.000000001, \(more) }
      \(source)

      """
    let configuration = folder.path + "/bench.yaml"
    try folder.write(text, to: configuration)
    process = try ChildProcess(
      name: "zion run", executable: options.executable, arguments: ["run", "--config", configuration],
      logPath: folder.path + "/log")
    try process.waitUntilListening(on: port)
    try process.waitUntilListening(on: apiPort)
  }
}

extension ServerUnderTest {
  /// Runs `body`; when the server fails in it, its own last words are part of the error.
  func attributing<R>(_ body: () throws(BenchError) -> R) throws(BenchError) -> R {
    do throws(BenchError) {
      return try body()
    } catch {
      switch error {
      case .server, .timeout:
        throw .process(name: process.name, problem: "failed: \(error)", log: process.logTail)
      case .system, .descriptors, .process, .reference: throw error
      }
    }
  }
}

extension ServerUnderTest {
  /// How many shares are in all statements that it has signed so far.
  var signedShares: Int {
    let receipts = "\(folder.path)/receipts"
    // There is no folder before the server has made it.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: receipts)) ?? []
    return names.filter { $0.hasSuffix(".signed") }.reduce(0) { sum, name in
      let lines = String(decoding: ProcFile.read("\(receipts)/\(name)"), as: UTF8.self).split(separator: "\n")
      return sum + (lines.first { $0.hasPrefix("shares ") }.flatMap { Int($0.dropFirst(7)) } ?? 0)
    }
  }
}

/// A temporary folder that goes when it is released.
public final class BenchFolder {
  public let path: String

  public init(in directory: String) throws(BenchError) {
    var template = Array("\(directory)/zion-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system(call: "mkdtemp in \(directory)", code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // What stays behind is in the system's temporary folder: nothing depends on its removal.
    try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ text: String, to path: String) throws(BenchError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .system(call: "open \(path)", code: errno) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw .system(call: "write \(path)", code: errno)
    }
  }
}

/// One of the bare NIO programs, in a process of its own.
final class BaselineProcess {
  let process: ChildProcess
  let port: UInt16
  private let folder: BenchFolder

  init(_ arguments: [String], options: BenchOptions) throws(BenchError) {
    folder = try BenchFolder(in: options.directory)
    port = try Loopback.freePort()
    process = try ChildProcess(
      name: "bench baseline", executable: options.executable,
      arguments: ["bench", "baseline"] + arguments + ["--port", "\(port)"], logPath: folder.path + "/log")
    try process.waitUntilListening(on: port)
  }
}
