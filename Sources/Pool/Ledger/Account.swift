import Stratum

/// An account of the ledger. Its balance is credits less debits, so that all balances sum to zero.
public enum Account: Hashable, Sendable {
  /// The counterpart of the pool's real wallet: minus its balance is what the wallet should hold.
  case wallet
  /// The counterpart of what coinbases pay to others directly; no wallet of the pool ever holds it.
  case coinbase
  /// What a block brought, until it is shared out: zero outside of a booking. By the block's hash.
  case reward(Hash256)
  /// What the pool owes to an address.
  case miner(String)
  /// What coinbases paid to a recipient of fees, for the record.
  case fee(String)
  /// From which bonuses are paid.
  case bonusFund
  /// Who has promised the bonus fund's coins. Minus its balance is what they have not brought into the wallet yet.
  case bonusSource
  /// What flooring and short windows left over.
  case remainder
  /// From which PPS pays shares.
  case reserve
  /// What the network took for payments.
  case networkFees
  /// What a batch of payments has taken from its miners, until it is paid or given back.
  case payout(String)

  public var name: String {
    switch self {
    case .wallet: "wallet"
    case .coinbase: "coinbase"
    case .reward(let block): "reward:\(block.displayHex)"
    case .miner(let address): "miner:\(address)"
    case .fee(let recipient): "fee:\(recipient)"
    case .bonusFund: "fund:bonus"
    case .bonusSource: "source:bonus"
    case .remainder: "remainder"
    case .reserve: "reserve"
    case .networkFees: "network_fees"
    case .payout(let batch): "payout:\(batch)"
    }
  }

  /// `nil` for what is no name of an account.
  public init?(name: String) {
    let fixed: [Account] = [.wallet, .coinbase, .bonusFund, .bonusSource, .remainder, .reserve, .networkFees]
    if let account = fixed.first(where: { $0.name == name }) {
      self = account
      return
    }
    guard let colon = name.firstIndex(of: ":") else { return nil }
    let rest = String(name[name.index(after: colon)...])
    switch name[..<colon] {
    case "reward":
      guard let block = Hash256(displayHex: rest) else { return nil }
      self = .reward(block)
    case "miner": self = .miner(rest)
    case "fee": self = .fee(rest)
    case "payout": self = .payout(rest)
    default: return nil
    }
  }

  /// What the database itself never lets the balance go below.
  var minimum: AtomicUnits? {
    switch self {
    case .payout, .bonusFund, .reward: .zero
    case .wallet, .coinbase, .bonusSource, .miner, .reserve, .fee, .remainder, .networkFees: nil
    }
  }

  /// Whether nothing but a reversal takes the balance below zero.
  ///
  /// A miner was paid for a block that left the chain afterwards: the debt stays, and the next blocks pay it. The
  /// reserve paid shares from the reward of such a block: PPS waits until it is funded again.
  var isOverdrawnByReversalsOnly: Bool {
    switch self {
    case .miner, .reserve: true
    default: false
    }
  }
}
