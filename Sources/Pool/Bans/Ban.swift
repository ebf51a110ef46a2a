import Orchestrator
import Stratum

/// Who is banned.
public enum BanSubject: Hashable, Sendable, CustomStringConvertible {
  case address(NetworkAddress)
  case network(NetworkRange)
  /// A name at one address: others there go on.
  case name(String, at: NetworkAddress)

  /// `192.0.2.7`, `192.0.2.0/24`, `NAME@192.0.2.7`.
  public var description: String {
    switch self {
    case .address(let address): "\(address)"
    case .network(let network): "\(network)"
    case .name(let name, let address): "\(name)@\(address)"
    }
  }

  /// - Returns: `nil` unless `text` is written as `description` writes it.
  public init?(_ text: String) {
    if let at = text.lastIndex(of: "@") {
      let name = String(text[..<at])
      guard (1...200).contains(name.utf8.count), let address = NetworkAddress(String(text[text.index(after: at)...]))
      else { return nil }
      self = .name(name, at: address)
    } else if let address = NetworkAddress(text) {
      self = .address(address)
    } else if let network = NetworkRange(text) {
      self = .network(network)
    } else {
      return nil
    }
  }
}

/// Why and how long somebody is kept out.
public struct Ban: Sendable, Equatable {
  public var subject: BanSubject
  public var since: UnixTime
  /// `nil` until somebody takes it away.
  public var until: UnixTime?
  /// In words: `3 disconnections within an hour: 10 × invalid share (100 points)`.
  public var reason: String
  public var evidence: [ViolationTally]
  /// `auto`, or who did it.
  public var by: String
  /// Bans that the subject had before.
  public var earlier: Int

  public init(
    subject: BanSubject, since: UnixTime, until: UnixTime?, reason: String, evidence: [ViolationTally] = [], by: String,
    earlier: Int = 0
  ) {
    self.subject = subject
    self.since = since
    self.until = until
    self.reason = reason
    self.evidence = evidence
    self.by = by
    self.earlier = earlier
  }

  public func holds(at now: UnixTime) -> Bool { until.map { now < $0 } ?? true }
}
