import Stratum

/// The facts of accounts as the database has them now, over all its pools: of many accounts with few statements.
enum FactTable {
  /// Those of `accounts` that were ever seen: with a share taken over, a block found, or a credential.
  static func facts(of accounts: some Sequence<String>, _ sql: any SQL) throws -> [String: MinerFacts] {
    let accounts = Set(accounts).sorted()
    var facts: [String: MinerFacts] = [:]
    for row in try sql.rows(of: accounts, work) {
      let algorithm = try row.algorithm(1)
      facts[try row.text(0), default: MinerFacts()].work[algorithm, default: .zero] += try row.work(2)
    }
    for row in try sql.rows(of: accounts, days) {
      let (first, count) = (try row.integer(1) / 86_400, try row.integer(2))
      facts[try row.text(0), default: MinerFacts()].days
        .formUnion((first..<first + count).lazy.compactMap(UTCDay.init(number:)))
    }
    for row in try sql.rows(of: accounts, blocks) {
      facts[try row.text(0), default: MinerFacts()].maturedBlocks = try row.integer(1)
    }
    for row in try sql.rows(of: accounts, credentials) {
      facts[try row.text(0), default: MinerFacts()].credentials.append(try CredentialTable.credential(row, column: 1))
    }
    return facts
  }

  private static func work(of marks: String) -> String {
    """
    SELECT account, algorithm, work FROM \(RollUp.byOwner) AND period = 0
      AND level = 1 AND account IN (\(marks))
    """
  }

  /// Days on end come as one row: the first, and how many.
  private static func days(of marks: String) -> String {
    """
    SELECT account, min(start), count(*) FROM (
      SELECT account, start, start - 86400 * row_number() OVER (PARTITION BY account ORDER BY start) AS series FROM (
        SELECT DISTINCT account, start FROM \(RollUp.byOwner) AND period = 86400
          AND level = 1 AND account IN (\(marks))) AS days
      ) AS numbered GROUP BY account, series
    """
  }

  private static func blocks(of marks: String) -> String {
    """
    SELECT account, sum(CASE WHEN status = 'mature' THEN 1 ELSE 0 END) FROM blocks WHERE account IN (\(marks))
      GROUP BY account
    """
  }

  private static func credentials(of marks: String) -> String {
    "SELECT account, body FROM credentials WHERE account IN (\(marks)) ORDER BY at, id"
  }
}
