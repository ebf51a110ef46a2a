/// What a peer did that an honest one does rarely or never.
public enum Violation: String, Codable, CaseIterable, Sendable, Hashable {
  case invalidShare = "invalid_share"
  case duplicateShare = "duplicate_share"
  case malformedLine = "malformed_line"
  case protocolOrder = "protocol_order"
  /// A connection that ended, or was ended, before it had a share accepted.
  case fruitlessConnection = "fruitless_connection"
  case authorizationFailure = "authorization_failure"
  case extranonceAbuse = "extranonce_abuse"
  /// A share that took a full verification to be found wrong.
  case verificationCost = "verification_cost"
  case apiAbuse = "api_abuse"

  /// For people: `3 × invalid share`.
  public var words: String { rawValue.replacing("_", with: " ") }
}

extension RejectReason {
  /// `nil` where it is not the miner's fault: a block that was faster, a pool that is gone.
  public var violation: Violation? {
    switch self {
    case .stale, .storageUnavailable, .busy, .upstreamLost, .upstream: nil
    case .duplicate: .duplicateShare
    case .lowDifficulty, .timeOutOfRange, .versionBits, .headerHash: .invalidShare
    case .unauthorized, .notSubscribed: .protocolOrder
    case .extranonceLength, .noncePrefix: .extranonceAbuse
    case .mixHash: .verificationCost
    }
  }
}
