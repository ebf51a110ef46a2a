import Encryption
import Stratum

/// Where an upstream pool is, and how we mine there.
public struct UpstreamConfiguration: Sendable, Equatable {
  public struct Endpoint: Sendable, Equatable, Codable {
    public var host: String
    public var port: Int
    public var usesTLS: Bool

    public init(host: String, port: Int, usesTLS: Bool = false) {
      self.host = host
      self.port = port
      self.usesTLS = usesTLS
    }
  }

  public var name: String
  public var algorithm: Algorithm
  /// Tried in order; the next one when a connection fails.
  public var endpoints: [Endpoint]
  public var user: String
  public var password: String
  /// Worker name upstream; `{account}`, `{miner}` and `{worker}` are filled in.
  public var workerTemplate: String
  /// Bytes of extranonce2 that each miner keeps, where the pool leaves room.
  public var minerExtranonce2: Int
  /// Connections of one shard at most; a miner for whom there is no seat goes elsewhere.
  public var maximumLinks: Int
  /// Whom we believe to be this pool, where an endpoint uses TLS.
  public var trust = PeerTrust()

  public init(
    name: String, algorithm: Algorithm, endpoints: [Endpoint], user: String, password: String,
    workerTemplate: String = "{account}.{worker}", minerExtranonce2: Int = 4, maximumLinks: Int = 256
  ) {
    self.name = name
    self.algorithm = algorithm
    self.endpoints = endpoints
    self.user = user
    self.password = password
    self.workerTemplate = workerTemplate
    self.minerExtranonce2 = minerExtranonce2
    self.maximumLinks = maximumLinks
  }

  /// What the pool is told about who found a share. A trailing dot left by an empty worker goes away.
  public func workerName(for miner: MinerIdentity) -> String {
    guard workerTemplate != "{account}" else { return user }
    var name = ""
    var rest = Substring(workerTemplate)
    while let open = rest.firstIndex(of: "{") {
      name += rest[..<open]
      rest = rest[open...]
      if rest.hasPrefix("{account}") {
        name += user
        rest = rest.dropFirst("{account}".count)
      } else if rest.hasPrefix("{miner}") {
        name += miner.account
        rest = rest.dropFirst("{miner}".count)
      } else if rest.hasPrefix("{worker}") {
        name += miner.worker
        rest = rest.dropFirst("{worker}".count)
      } else {
        name.append(rest.removeFirst())
      }
    }
    name += rest
    while name.hasSuffix(".") { name.removeLast() }
    return name
  }
}

/// Whose word the miner gets for a share that goes upstream.
public enum ReplyPolicy: String, Sendable, CaseIterable {
  /// Ours, at once. The pool's answer is counted apart.
  case local
  /// The pool's, when it comes.
  case upstream
}
