import Stratum

/// Everything about a found block that its split is computed from, frozen at the block.
public struct BlockEarnings: Sendable, Equatable {
  /// What the coinbase pays the miners' side: the block's value less `fees`. With SOLO it pays it to the finder.
  public var reward: AtomicUnits
  /// What the coinbase paid others: for the record, no part of `reward`.
  public var fees: [FeePayment]
  /// Who found the block; `nil` when nobody knows.
  public var finder: String?
  /// The window of PPLNS; with the other schemes the work since the pool's last block.
  public var works: [WindowWork]
  /// PPLNS only; `nil` counts as full.
  public var fill: WindowFill?
  public var rates: ExchangeRates
  /// Level multipliers at the block's height, in basis points. Who is not named has 10,000.
  public var multipliers: [String: UInt32]
  /// What the bonus fund holds.
  public var fund: AtomicUnits

  public init(
    reward: AtomicUnits, fees: [FeePayment] = [], finder: String?, works: [WindowWork], fill: WindowFill? = nil,
    rates: ExchangeRates, multipliers: [String: UInt32] = [:], fund: AtomicUnits = .zero
  ) {
    self.reward = reward
    self.fees = fees
    self.finder = finder
    self.works = works
    self.fill = fill
    self.rates = rates
    self.multipliers = multipliers
    self.fund = fund
  }
}

/// An output of the coinbase that paid a fee.
public struct FeePayment: Sendable, Equatable, Codable {
  public var account: String
  public var amount: AtomicUnits

  public init(account: String, amount: AtomicUnits) {
    self.account = account
    self.amount = amount
  }
}
