import Orchestrator
import Stratum

/// Who is kept out, as the interface sees and changes it.
public protocol BanView: Sendable {
  /// Why nobody from there is answered, in words for them; `nil` when they are.
  func refusal(of address: NetworkAddress) -> String?
  /// What a client of the API did.
  func note(_ violation: Violation, from address: NetworkAddress, name: String?)
  /// Bans that hold now, newest first.
  func bans() async -> [BanPage]
  /// What led to a subject's bans, newest first, and what is held against it now.
  /// - Throws: `BanRefusal` for a subject that is none; anything else is answered 503.
  func explanation(of subject: String) async throws -> BanExplanation
  /// Bans of the last so many days. Whatever is thrown is answered 503.
  func statistics(days: Int) async throws -> BanCounts
  func ban(_ order: BanOrderPage, by whom: String) async throws(BanRefusal) -> BanPage
  /// - Returns: whether there was such a ban.
  func lift(_ subject: String, by whom: String) async throws(BanRefusal) -> Bool
}

/// Why nobody is banned or let in.
public struct BanRefusal: Error, Equatable, Sendable {
  public let reason: String
  /// Whether nobody is called that; else it is kept from bans, or the order is not one.
  public let isUnknown: Bool

  public init(_ reason: String, isUnknown: Bool = false) {
    self.reason = reason
    self.isUnknown = isUnknown
  }
}

/// One ban.
public struct BanPage: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable { case address, network, name }

  public var kind: Kind
  /// `192.0.2.7`, `192.0.2.0/24` or `NAME@192.0.2.7`; only for those who may see addresses.
  public var subject: String?
  /// Seconds since 1970.
  public var since: Int64
  /// `null` until somebody lifts it.
  public var until: Int64?
  public var reason: String
  /// `auto`, or who did it.
  public var by: String
  /// Bans that the subject had before.
  public var earlier: Int
  public var evidence: [ViolationTally]

  public init(
    kind: Kind, subject: String?, since: Int64, until: Int64?, reason: String, by: String, earlier: Int,
    evidence: [ViolationTally]
  ) {
    self.kind = kind
    self.subject = subject
    self.since = since
    self.until = until
    self.reason = reason
    self.by = by
    self.earlier = earlier
    self.evidence = evidence
  }
}

/// A subject's history and standing.
public struct BanExplanation: Codable, Sendable, Equatable {
  public struct Step: Codable, Sendable, Equatable {
    /// Seconds since 1970.
    public var at: Int64
    /// `null` where a ban was lifted.
    public var ban: BanPage?
    public var liftedBy: String?

    public init(at: Int64, ban: BanPage?, liftedBy: String?) {
      self.at = at
      self.ban = ban
      self.liftedBy = liftedBy
    }
  }

  public var subject: String
  public var isBanned: Bool
  /// Newest first, at most 100.
  public var history: [Step]
  /// Violations of an address that are held against it now; at 100 points it is banned.
  public var evidence: [ViolationTally]
  /// Connections from there that were ended for their conduct within the hour.
  public var strikes: Int

  public init(subject: String, isBanned: Bool, history: [Step], evidence: [ViolationTally], strikes: Int) {
    self.subject = subject
    self.isBanned = isBanned
    self.history = history
    self.evidence = evidence
    self.strikes = strikes
  }
}

/// How many bans there were.
public struct BanCounts: Codable, Sendable, Equatable {
  public struct Count: Codable, Sendable, Equatable {
    public var label: String
    public var count: Int

    public init(label: String, count: Int) {
      self.label = label
      self.count = count
    }
  }

  /// Kinds of violation, or `by WHO`; most first.
  public var reasons: [Count]
  /// Most first; only for those who may see addresses.
  public var networks: [Count]?
  /// UTC days, oldest first.
  public var days: [Count]

  public init(reasons: [Count], networks: [Count]?, days: [Count]) {
    self.reasons = reasons
    self.networks = networks
    self.days = days
  }
}

/// An order to ban.
public struct BanOrderPage: Codable, Sendable, Equatable {
  public var subject: String
  /// `null` until somebody lifts it.
  public var seconds: Int64?
  /// The miner reads it.
  public var reason: String
}
