import Stratum

/// Where a found block stands on its way to money.
///
/// found → submitted → immature → mature, or → rejected (no node takes it), or → orphaned (another block won).
/// All of it is the chain's to take back: what leaves the best chain is immature, and soon orphaned; what returns is what
/// its confirmations make of it, until it is so deep that nobody looks any more.
public enum BlockState: Hashable, Sendable {
  /// On disk, and no node has seen it.
  case found
  /// Sent, and no node has said anything final.
  case submitted
  case rejected(reason: String)
  /// In the best chain, not yet deep enough to be spent.
  case immature(confirmations: UInt32)
  case mature
  case orphaned

  /// For counters, tables and the API.
  public var label: String {
    switch self {
    case .found: "found"
    case .submitted: "submitted"
    case .rejected: "rejected"
    case .immature: "immature"
    case .mature: "mature"
    case .orphaned: "orphaned"
    }
  }
}
