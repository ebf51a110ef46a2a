import Foundation

/// A `zion run` with a configuration of the test's, in a folder of its own.
public final class ZionServer: Sendable {
  public let process: ServerProcess
  public let folder: URL
  public let port: Int
  public let api: HTTPClient
  public static let token = "secret"

  /// `settings` are lines of YAML besides listen, data and api, and `listen` and `api` are what stands in those sections
  /// besides; `policy` is a whole policy file.
  public init(
    _ name: String, in parent: TemporaryFolder, settings: String, policy: String? = nil, listen: String? = nil,
    api apiSettings: String? = nil, logLevel: String = "info", executable: URL? = nil,
    environment: [String: String] = [:]
  ) throws {
    folder = try parent.folder(name)
    let ports = try FreePort.take(2)
    port = ports[0]
    api = HTTPClient(port: ports[1], token: Self.token)
    let place = "127.0.0.1:\(ports[0])"
    var text = """
      listen: \(listen.map { "{ address: \"\(place)\", \($0) }" } ?? place)
      data: data
      api: { listen: "127.0.0.1:\(ports[1])", token: \(Self.token), answers_serve: 0s\(apiSettings.map { ", \($0)" } ?? "") }

      """
    if let policy {
      try Data(policy.utf8).write(to: folder.appendingPathComponent("policy.yaml"))
      text += "policy: policy.yaml\n"
    }
    try Data((text + settings).utf8).write(to: folder.appendingPathComponent("zion.yaml"))
    process = try ServerProcess(
      "server", in: folder, executable: executable,
      arguments: ["run", "--config", "zion.yaml", "--log-level", logLevel], environment: environment)
  }

  public var url: String { "stratum+tcp://127.0.0.1:\(port)" }

  /// Starts, and waits until miners and programs are served.
  public func start() async throws {
    try process.start()
    try await process.accepts(port, api.port)
  }

  /// Where its shares are, once they have left the journal.
  public var database: URL { folder.appendingPathComponent("data/pool.sqlite") }
}
