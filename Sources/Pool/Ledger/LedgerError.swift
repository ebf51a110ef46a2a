import Stratum

/// Why transfers are not posted. Nothing of them was.
public enum LedgerError: Error, Equatable, Sendable {
  /// From an account to itself.
  case sameAccount(Transfer)
  /// Zero, negative, or 2^62 and more.
  case amountOutOfRange(Transfer)
  /// The id was used for another movement.
  case otherContent(posted: Transfer, given: Transfer)
  /// The account to be debited holds less.
  case insufficient(Transfer, holds: AtomicUnits)
  case store(StoreError)
}

extension LedgerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .sameAccount(let transfer): "ledger: transfer \(transfer) has the same account on both sides"
    case .amountOutOfRange(let transfer): "ledger: transfer \(transfer) must be above 0 and below 2^62"
    case .otherContent(let posted, let given):
      "ledger: the id of transfer \(given) was used for another one, \(posted); nothing was posted. "
        + "Compare both with `zion audit export`"
    case .insufficient(let transfer, let holds):
      "ledger: transfer \(transfer) needs more than \(transfer.debit.name) holds, which is \(holds.value)"
    case .store(let error): error.description
    }
  }
}
