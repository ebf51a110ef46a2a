import Stratum

/// Why a block's money is left as it is. Nothing was changed.
public enum SettlementError: Error, Equatable, Sendable {
  case unknownBlock(Hash256)
  case exchange(ExchangeError)
  case split(SplitError)
  /// Shares of a window or a round are not in the database any more.
  case sharesMissing(from: Int64, to: Int64)
  /// What is stored of a split is not what its audit record says.
  case splitChanged(Hash256, record: Int64)
  /// The lines of a split do not add up to its reward.
  case notConserved(Hash256, lines: AtomicUnits, reward: AtomicUnits)
}

extension SettlementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownBlock(let hash): "no block \(hash.displayHex) is stored in this pool"
    case .exchange(let error): error.description
    case .split(let error): error.description
    case .sharesMissing(let from, let to):
      "shares \(from) to \(to) are needed and are not in the database: keep shares for longer than a window lasts, "
        + "and bring them back from a backup or the journal"
    case .splitChanged(let hash, let record):
      "the split of block \(hash.displayHex) was changed after it was recorded (audit record \(record)): "
        + "nothing is booked; run `zion audit verify`"
    case .notConserved(let hash, let lines, let reward):
      "the split of block \(hash.displayHex) adds up to \(lines.value), its reward is \(reward.value): nothing is booked"
    }
  }
}
