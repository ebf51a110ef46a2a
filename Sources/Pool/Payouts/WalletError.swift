import Stratum

/// Why a wallet did not do what it was asked for. Nothing was sent, whatever the case.
public enum WalletError: Error, Equatable, Sendable {
  /// No answer, or an error that says nothing about the payout: try again.
  case node(NodeError)
  case insufficientFunds(String)
  /// The wallet is encrypted and has no passphrase now.
  case locked
  /// The node takes none of these outputs, in its own words.
  case outputsRefused(String)
  /// A payout without outputs, to one address twice, or of nothing.
  case unreasonable(String)
  case feeTooHigh(fee: AtomicUnits, limit: AtomicUnits)
  /// The node made another transaction than was asked for: it says what is different.
  case otherTransaction(String)
  /// The wallet lacks keys for some input.
  case unsigned(String)
  case historyTooLong(entries: Int)

  /// From a node's error to a call that makes or signs a transaction.
  ///
  /// Source: Bitcoin Core, `rpc/protocol.h`.
  init(_ error: NodeError) {
    guard case .refused(let code, let message) = error else {
      self = .node(error)
      return
    }
    switch code {
    case -13: self = .locked
    case -6: self = .insufficientFunds(message)
    case -4 where message.lowercased().contains("insufficient funds"): self = .insufficientFunds(message)
    case -3, -5: self = .outputsRefused(message)
    case -4 where message.contains("amount") || message.contains("dust"): self = .outputsRefused(message)
    default: self = .node(error)
    }
  }
}

extension WalletError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .node(let error):
      "the wallet's \(error)"
    case .insufficientFunds(let message):
      "the wallet has too little to spend (\(message)): it pays when more has matured"
    case .locked:
      "the wallet is locked: unlock it with walletpassphrase, for longer than a payout takes"
    case .outputsRefused(let message):
      "the node refuses an output of the payout: \(message)"
    case .unreasonable(let what):
      "the payout is not carried out: \(what)"
    case .feeTooHigh(let fee, let limit):
      "the network fee would be \(CoinAmount(fee)), and at most \(CoinAmount(limit)) is allowed: wait until fees fall, "
        + "or raise the limit"
    case .otherTransaction(let what):
      "the node made another transaction than it was asked for: \(what)"
    case .unsigned(let message):
      "the wallet cannot sign the payout: \(message)"
    case .historyTooLong(let entries):
      "the wallet's history was not read to its end: more than \(entries) entries since the payout began"
    }
  }
}
