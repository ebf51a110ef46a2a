import Orchestrator
import Stratum

/// Who may connect and mine, by what they did before. Asked and told on event loops, so it answers at once.
public protocol Gate: Sendable {
  /// Goes up whenever somebody who is connected may have been banned.
  var edition: Int { get }
  /// Why nobody may connect from there, in words for the miner; `nil` when they may.
  func refusal(of address: NetworkAddress) -> String?
  /// Why this name may not mine from there.
  func refusal(of name: String, at address: NetworkAddress) -> String?
  /// A share of that name counted. Told of one connection once a minute at most.
  func accepted(_ name: String, from address: NetworkAddress)
  /// A violation that a connection's own conduct does not keep: its end, or a name that is refused.
  func note(_ violation: Violation, from address: NetworkAddress, name: String?)
  /// A connection was ended for its conduct.
  func disconnected(_ name: String?, from address: NetworkAddress, for evidence: [ViolationTally])
}

/// Bans nobody.
public struct OpenGate: Gate {
  public init() {}
  public var edition: Int { 0 }
  public func refusal(of address: NetworkAddress) -> String? { nil }
  public func refusal(of name: String, at address: NetworkAddress) -> String? { nil }
  public func accepted(_ name: String, from address: NetworkAddress) {}
  public func note(_ violation: Violation, from address: NetworkAddress, name: String?) {}
  public func disconnected(_ name: String?, from address: NetworkAddress, for evidence: [ViolationTally]) {}
}
