/// What kind of thing an event is; the raw value is its name in every message.
public enum EventType: String, Sendable, Hashable, CaseIterable, Codable {
  case blockFound = "block_found"
  case blockProgress = "block_progress"
  case blockUnlocked = "block_unlocked"
  case blockOrphaned = "block_orphaned"
  case chainHeight = "chain_height"
  case payment
  case paymentBatch = "payment_batch"
  case minerConnected = "miner_connected"
  case minerDisconnected = "miner_disconnected"
  case hashrate
  case share
  case moved = "switch"
  case decision
  case ban
  case policyReloaded = "policy_reloaded"
  case policyBroken = "policy_broken"
  case health

  /// Whether miners cause it all the time. The others are remembered apart: a farm that reconnects must not push a
  /// payment out of what can be replayed.
  public var isFrequent: Bool {
    switch self {
    case .blockProgress, .chainHeight, .minerConnected, .minerDisconnected, .hashrate, .share, .moved: true
    case .blockFound, .blockUnlocked, .blockOrphaned, .payment, .paymentBatch, .decision, .ban, .policyReloaded,
      .policyBroken, .health:
      false
    }
  }

  /// All names, for messages to people.
  public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
