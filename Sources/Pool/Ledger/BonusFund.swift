import Stratum

/// The fund that bonuses are paid from.
///
/// It is opened once with all that was promised, from the account of who promised it: a promise, and no coins yet. The
/// coins come by deposits (`deposit`), as the wallet needs them; until then minus the source's balance is what is owed
/// to the wallet, and a payment of a bonus is limited by what the wallet really holds, like every payment.
public enum BonusFund {
  /// 8,250,000,000 ZION. Source: design.md §6.
  public static let standardAmount = AtomicUnits(8_250_000_000_000_000)

  /// Once for each database: another amount later is refused.
  public static func open(with amount: AtomicUnits, at now: UnixTime, _ sql: any SQL) throws(LedgerError) {
    guard amount > .zero else { return }
    try Ledger.post(
      [
        Transfer(
          id: "opening:fund:bonus", debit: .bonusSource, credit: .bonusFund, amount: amount, kind: .opening,
          reference: "fund:bonus", at: now)
      ], sql)
  }

  /// What the next block may take: what the fund holds, less what blocks that are split and not booked may still take.
  /// One that was orphaned keeps its part, for it may come back.
  static func available(_ sql: any SQL) throws -> AtomicUnits {
    let held = try Balances.balance(of: .bonusFund, sql)
    let reserved = try sql.first(
      """
      SELECT CAST(coalesce(sum(bonus_pot), 0) AS BIGINT) FROM blocks WHERE bookings % 2 = 0 AND status <> 'rejected'
      """)?.amount(0)
    return try max(.zero, held.subtracting(reserved ?? .zero))
  }
}

extension Transfer {
  /// Coins that came into the wallet from outside: for the bonus fund's source or for the reserve.
  /// - Parameter id: of the movement, such as its txid.
  public static func deposit(_ amount: AtomicUnits, to account: Account, id: String, at: UnixTime) -> Transfer {
    Transfer(
      id: "deposit:\(id)", debit: .wallet, credit: account, amount: amount, kind: .deposit, reference: id, at: at)
  }

  /// Coins that the operator took out of the wallet: of the remainder, of the reserve.
  public static func withdrawal(_ amount: AtomicUnits, from account: Account, id: String, at: UnixTime) -> Transfer {
    Transfer(
      id: "withdrawal:\(id)", debit: account, credit: .wallet, amount: amount, kind: .withdrawal, reference: id,
      at: at)
  }
}
