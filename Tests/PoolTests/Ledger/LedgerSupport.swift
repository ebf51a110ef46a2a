import Stratum

@testable import Pool

extension Transfer {
  /// One that is told from others by its number.
  static func numbered(
    _ number: Int, from debit: Account = .wallet, to credit: Account = .miner("a"), _ amount: Int64 = 100,
    kind: Kind = .base, reference: String = "r"
  ) -> Transfer {
    Transfer(
      id: "t\(number)", debit: debit, credit: credit, amount: AtomicUnits(amount), kind: kind, reference: reference,
      at: testTime)
  }
}

extension Database {
  func post(_ transfers: Transfer...) async throws -> Int {
    try await write { sql in try Ledger.post(transfers, sql) }
  }

  func balance(_ account: Account) async throws -> Int64 {
    try await read { sql in try Balances.balance(of: account, sql).value }
  }

  /// What the ledger always has to be: nothing lost, nothing made, and every balance what its transfers say.
  func isBalanced() async throws -> Bool {
    try await read { sql in try Balances.imbalance(sql) == .zero && Balances.mismatches(sql).isEmpty }
  }
}
