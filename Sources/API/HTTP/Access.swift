import Hashing

/// What a token allows.
public enum APIScope: String, Sendable, CaseIterable, Codable {
  /// See what the public does not: where miners connect from.
  case read
  /// Move miners, and tell the orchestrator what to do.
  case operate
  /// Change how miners are paid.
  case money
}

/// Somebody who may do more than look.
public struct APIToken: Sendable, Equatable {
  /// For the record of what was done.
  public var name: String
  /// SHA-256 of the token's bytes: the token itself is nowhere.
  public var sha256: [UInt8]
  public var scopes: Set<APIScope>

  public init(name: String, sha256: [UInt8], scopes: Set<APIScope>) {
    self.name = name
    self.sha256 = sha256
    self.scopes = scopes
  }

  /// Of a token in clear.
  public init(name: String, token: String, scopes: Set<APIScope>) {
    self.init(name: name, sha256: Hashing.sha256(Array(token.utf8)), scopes: scopes)
  }
}

/// Who may ask what of the interface, and from where.
public struct APIAccess: Sendable, Equatable {
  public var tokens: [APIToken]
  /// Whether tokens may be sent over plain HTTP from other machines.
  public var allowsPlainWrites: Bool
  /// Whether what needs a token is changed at the Unix socket alone: the port then changes nothing, whoever asks.
  public var changesAtSocketOnly = false
  /// Web pages of these origins (`https://pool.example`) may ask; `*` is any, for what needs no token.
  public var origins: [String]
  public var rate: RateLimit
  /// How long one look at the fleet serves everybody, seconds.
  public var freshSeconds: Double

  public init(
    tokens: [APIToken] = [], allowsPlainWrites: Bool = false, origins: [String] = ["*"], rate: RateLimit = RateLimit(),
    freshSeconds: Double = 1
  ) {
    self.tokens = tokens
    self.allowsPlainWrites = allowsPlainWrites
    self.origins = origins
    self.rate = rate
    self.freshSeconds = freshSeconds
  }

  /// Whose token this is. Takes as long for every wrong token: what is compared are digests, all of them, to the end.
  func owner(of token: some Collection<UInt8>) -> APIToken? {
    let digest = Hashing.sha256(Array(token))
    var found: APIToken?
    for candidate in tokens where Self.isSame(candidate.sha256, digest) { found = found ?? candidate }
    return found
  }

  static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
  }
}

/// What somebody with a token, or a miner with a signature, asked to be changed, and what became of it.
public struct APIWrite: Sendable, Equatable, Codable {
  /// A token's name, or the address that signed.
  public var who: String
  public var method: String
  public var path: String
  /// The body, shortened.
  public var body: String
  public var status: Int

  public init(who: String, method: String, path: String, body: String, status: Int) {
    self.who = who
    self.method = method
    self.path = path
    self.body = body
    self.status = status
  }
}
