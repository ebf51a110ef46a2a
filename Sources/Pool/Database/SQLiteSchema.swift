import GRDB

/// The tables in SQLite, in the order in which they came. A step that was released is never changed.
///
/// Times of shares are milliseconds, of blocks seconds, since 1970. Work is 16 bytes, most significant first: exact, and
/// ordered as the number is.
enum SQLiteSchema {
  /// - Parameter pool: whose the shares are that were stored before pools had names in the database.
  static func migrator(pool: String) -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 shares and blocks") { database in
      try database.execute(sql: first)
    }
    migrator.registerMigration("2 ledger, payouts, roll-ups, several pools") { database in
      for statement in owners + Tables.accounting(bytes: "BLOB", work: "BLOB")
        + Tables.payouts(bytes: "BLOB") + Tables.consciousness(bytes: "BLOB") + ledgerRules
      {
        try database.execute(sql: statement)
      }
      for column in Tables.blockColumns(bytes: "BLOB", work: "BLOB") {
        try database.execute(sql: "ALTER TABLE blocks ADD COLUMN \(column)")
      }
      try move(database, pool: pool)
      for statement in Tables.partialIndexes { try database.execute(sql: statement) }
    }
    migrator.registerMigration("3 bans") { database in
      for statement in BanTable.statements { try database.execute(sql: statement) }
    }
    migrator.registerMigration("4 blocks that stand") { database in
      for statement in Tables.standingBlocks { try database.execute(sql: statement) }
    }
    return migrator
  }

  private static let first = """
    CREATE TABLE miners (
      id INTEGER PRIMARY KEY,
      account TEXT NOT NULL,
      worker TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      shares INTEGER NOT NULL DEFAULT 0,
      work BLOB NOT NULL DEFAULT (zeroblob(16)),
      first_share INTEGER NOT NULL,
      last_share INTEGER NOT NULL,
      UNIQUE (account, worker, algorithm)
    );
    CREATE TABLE shares (
      id INTEGER PRIMARY KEY,
      hash BLOB NOT NULL UNIQUE,
      sequence INTEGER NOT NULL,
      time INTEGER NOT NULL,
      miner INTEGER NOT NULL REFERENCES miners (id),
      height INTEGER NOT NULL,
      n_bits INTEGER NOT NULL,
      work BLOB NOT NULL,
      is_block INTEGER NOT NULL,
      source_job TEXT NOT NULL
    );
    CREATE TABLE miner_minutes (
      minute INTEGER NOT NULL,
      miner INTEGER NOT NULL REFERENCES miners (id),
      work BLOB NOT NULL,
      PRIMARY KEY (minute, miner)
    ) WITHOUT ROWID;
    CREATE TABLE pool_totals (
      algorithm TEXT PRIMARY KEY,
      shares INTEGER NOT NULL,
      work BLOB NOT NULL,
      first_share INTEGER NOT NULL,
      last_share INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE pool_minutes (
      minute INTEGER NOT NULL,
      algorithm TEXT NOT NULL,
      work BLOB NOT NULL,
      PRIMARY KEY (minute, algorithm)
    ) WITHOUT ROWID;
    CREATE TABLE blocks (
      hash BLOB PRIMARY KEY,
      height INTEGER NOT NULL,
      account TEXT NOT NULL,
      worker TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      network_work BLOB NOT NULL,
      reward INTEGER NOT NULL,
      status TEXT NOT NULL,
      reason TEXT NOT NULL,
      confirmations INTEGER NOT NULL,
      found_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX blocks_by_time ON blocks (found_at);
    CREATE INDEX blocks_by_account ON blocks (account);
    CREATE TABLE journal_position (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      segment INTEGER NOT NULL,
      offset INTEGER NOT NULL
    );
    """

  private static let owners = [
    """
    CREATE TABLE owners (
      id INTEGER PRIMARY KEY,
      pool TEXT NOT NULL,
      level BIGINT NOT NULL,
      algorithm TEXT NOT NULL,
      account TEXT NOT NULL,
      worker TEXT NOT NULL,
      UNIQUE (pool, level, account, worker, algorithm)
    )
    """,
    """
    CREATE TABLE taken_shares (
      id INTEGER PRIMARY KEY,
      pool TEXT NOT NULL,
      ordinal BIGINT NOT NULL,
      time BIGINT NOT NULL,
      hash BLOB NOT NULL,
      owner BIGINT NOT NULL REFERENCES owners (id),
      sequence BIGINT NOT NULL,
      height BIGINT NOT NULL,
      n_bits BIGINT NOT NULL,
      work BLOB NOT NULL,
      is_block BIGINT NOT NULL,
      source_job TEXT NOT NULL,
      UNIQUE (pool, hash)
    )
    """,
  ]

  /// Balances follow from transfers, and transfers never change: the database sees to both.
  private static let ledgerRules = [
    """
    CREATE TRIGGER transfers_move AFTER INSERT ON transfers BEGIN
      UPDATE accounts SET balance = balance - NEW.amount WHERE name = NEW.debit;
      UPDATE accounts SET balance = balance + NEW.amount WHERE name = NEW.credit;
    END
    """,
    """
    CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers BEGIN
      SELECT RAISE(ABORT, 'transfers are never changed');
    END
    """,
    """
    CREATE TRIGGER transfers_remain BEFORE DELETE ON transfers BEGIN
      SELECT RAISE(ABORT, 'transfers are never deleted');
    END
    """,
    """
    CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'audit records are never changed');
    END
    """,
    """
    CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'audit records are never deleted');
    END
    """,
  ]

  /// What the first version stored, in the tables of this one.
  private static func move(_ database: GRDB.Database, pool: String) throws {
    try database.execute(
      sql: """
        INSERT INTO owners (id, pool, level, algorithm, account, worker)
          SELECT id, ?, 2, algorithm, account, worker FROM miners
        """, arguments: [pool])
    try database.execute(
      sql: """
        INSERT INTO owners (pool, level, algorithm, account, worker)
          SELECT DISTINCT ?, 1, algorithm, account, '' FROM miners ORDER BY account, algorithm
        """, arguments: [pool])
    try database.execute(
      sql: """
        INSERT INTO owners (pool, level, algorithm, account, worker)
          SELECT ?, 0, algorithm, '', '' FROM pool_totals ORDER BY algorithm
        """, arguments: [pool])
    try database.execute(
      sql: """
        INSERT INTO taken_shares (id, pool, ordinal, time, hash, owner, sequence, height, n_bits, work, is_block,
          source_job)
          SELECT id, ?, row_number() OVER (ORDER BY id), time, hash, miner, sequence, height, n_bits, work, is_block,
            source_job FROM shares ORDER BY id
        """, arguments: [pool])
    for statement in moves { try database.execute(sql: statement) }
    try database.execute(sql: "UPDATE blocks SET pool = ?", arguments: [pool])
    try database.execute(
      sql: "INSERT INTO ordinals (pool, last) SELECT ?, max(ordinal) FROM shares HAVING count(*) > 0",
      arguments: [pool])
  }

  private static let moves: [String] =
    [
      "DROP TABLE shares", "ALTER TABLE taken_shares RENAME TO shares",
      "CREATE INDEX shares_by_ordinal ON shares (pool, ordinal)", "CREATE INDEX shares_by_time ON shares (pool, time)",
      // Each worker and whose it is: itself, its account's and the pool's.
      "CREATE TEMP TABLE parents (worker BIGINT NOT NULL, owner BIGINT NOT NULL, level BIGINT NOT NULL)",
      """
      INSERT INTO parents SELECT worker.id, owner.id, owner.level FROM owners worker
        JOIN (SELECT 0 AS level UNION SELECT 1 UNION SELECT 2) levels
        JOIN owners owner ON owner.pool = worker.pool AND owner.level = levels.level
          AND owner.account = CASE levels.level WHEN 0 THEN '' ELSE worker.account END
          AND owner.worker = CASE levels.level WHEN 2 THEN worker.worker ELSE '' END
          AND owner.algorithm = worker.algorithm WHERE worker.level = 2
      """,
      "CREATE INDEX parents_by_worker ON parents (worker, level)",
      """
      INSERT INTO rollups SELECT owner, 0, 0, sum(shares), work_sum(work), min(first_share), max(last_share)
        FROM miners JOIN parents ON parents.worker = miners.id WHERE shares > 0 GROUP BY owner
      """,
      """
      CREATE TEMP TABLE minutes AS SELECT owner AS worker, time / 60000 * 60 AS minute, count(*) AS shares,
        work_sum(work) AS work, min(time) AS first_share, max(time) AS last_share FROM shares GROUP BY 1, 2
      """,
    ]
    + [60, 600, 3_600, 86_400].map { period in
      """
      INSERT INTO rollups SELECT owner, \(period), minute / \(period) * \(period), sum(shares), work_sum(work),
        min(first_share), max(last_share) FROM minutes JOIN parents USING (worker) GROUP BY 1, 3
      """
    } + [
      """
      INSERT INTO window_pages SELECT pool, ordinal >> 17, parents.owner, work_sum(work) FROM shares
        JOIN parents ON parents.worker = shares.owner AND level = 1 GROUP BY 1, 2, 3
      """,
      """
      INSERT INTO network_bits SELECT last.pool, last.algorithm, last.page, last.ordinal, shares.n_bits
        FROM (
          SELECT shares.pool AS pool, algorithm, ordinal >> 17 AS page, max(ordinal) AS ordinal
            FROM shares JOIN owners ON owners.id = shares.owner GROUP BY 1, 2, 3
        ) last JOIN shares ON shares.pool = last.pool AND shares.ordinal = last.ordinal
      """,
      "INSERT INTO journal_positions SELECT '', segment, offset FROM journal_position", "DROP TABLE parents",
      "DROP TABLE minutes", "DROP TABLE miner_minutes", "DROP TABLE pool_minutes", "DROP TABLE pool_totals",
      "DROP TABLE miners", "DROP TABLE journal_position",
    ]
}
