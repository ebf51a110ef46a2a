import Stratum

/// `/api/payouts`.
public struct PayoutsPage: Codable, Sendable {
  public let total: Int
  public let pageCount: Int
  public let batches: [BatchReport]

  init(_ page: Paged<BatchReport>, _ request: PageRequest) {
    total = page.total
    pageCount = page.pageCount(request.size)
    batches = page.items
  }
}

/// `/api/ledger/{address}`. Coins exact, as text.
public struct EntriesPage: Codable, Sendable {
  public struct Entry: Codable, Sendable {
    /// Its number in the audit's chain.
    public let sequence: Int64
    public let id: String
    public let kind: String
    /// A block's hash, or a batch's id.
    public let reference: String
    /// The account on the other side.
    public let other: String
    /// Below zero for what was taken.
    public let amount: String
    public let amountAtomic: Int64
    /// Seconds since 1970.
    public let at: Int64
  }

  public let address: String
  public let confirmed: String
  public let immature: String
  /// In batches that are not settled.
  public let underway: String
  public let paid: String
  public let total: Int
  public let pageCount: Int
  public let entries: [Entry]

  init(_ address: String, _ page: Paged<EntryReport>, _ account: AccountReport, _ request: PageRequest, coin: Coin) {
    self.address = address
    confirmed = coin.text(AtomicUnits(account.confirmed))
    immature = coin.text(AtomicUnits(account.immature))
    underway = coin.text(AtomicUnits(account.underway))
    paid = coin.text(AtomicUnits(account.paid))
    total = page.total
    pageCount = page.pageCount(request.size)
    entries = page.items.map {
      Entry(
        sequence: $0.sequence, id: $0.id, kind: $0.kind, reference: $0.reference, other: $0.other,
        amount: coin.text(AtomicUnits($0.amount)), amountAtomic: $0.amount, at: $0.at)
    }
  }
}
