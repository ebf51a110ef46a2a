/// The tables in PostgreSQL, in the order in which they came. A step that was released is never changed.
enum PostgresSchema {
  private struct Step {
    var name: String
    var statements: [String]
  }

  /// The first version with PostgreSQL had what SQLite's second step has: the names agree.
  private static let steps = [
    Step(
      name: "2 ledger, payouts, roll-ups, several pools",
      statements: functions + shares + [blocks]
        // Room for the next version of a row on its own page: indexes need no change then.
        + Tables.accounting(bytes: "BYTEA", work: "NUMERIC(39,0)", updated: " WITH (fillfactor = 50)")
        + Tables.payouts(bytes: "BYTEA") + Tables.consciousness(bytes: "BYTEA") + ledgerRules + Tables.partialIndexes),
    Step(name: "3 bans", statements: BanTable.statements),
    Step(name: "4 blocks that stand", statements: Tables.standingBlocks),
  ]

  /// Makes the steps that are missing, within one transaction: all of them or none.
  static func migrate(_ sql: any SQL) throws -> [String] {
    try sql.run("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
    let (_, open) = try state(sql)
    for step in steps where open.contains(step.name) {
      for statement in step.statements { try sql.run(statement) }
      try sql.run("INSERT INTO migrations (name) VALUES (?)", .text(step.name))
    }
    return open
  }

  static func state(_ sql: any SQL) throws -> (made: [String], open: [String]) {
    let exists = try sql.first(
      "SELECT count(*) FROM pg_tables WHERE tablename = 'migrations' AND schemaname = current_schema()")
    let made =
      try exists?.integer(0) == 1
      ? sql.run("SELECT name FROM migrations ORDER BY name").rows.map { try $0.text(0) } : []
    return (made, steps.map(\.name).filter { !made.contains($0) })
  }

  private static let functions = [
    """
    CREATE FUNCTION work_add(NUMERIC, NUMERIC) RETURNS NUMERIC LANGUAGE sql IMMUTABLE PARALLEL SAFE
      AS 'SELECT $1 + $2'
    """,
    """
    CREATE AGGREGATE work_sum(NUMERIC) (
      SFUNC = numeric_add, STYPE = NUMERIC, INITCOND = '0', PARALLEL = SAFE, COMBINEFUNC = numeric_add)
    """,
  ]

  private static let shares = [
    """
    CREATE TABLE owners (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      pool TEXT NOT NULL,
      level BIGINT NOT NULL,
      algorithm TEXT NOT NULL,
      account TEXT NOT NULL,
      worker TEXT NOT NULL,
      UNIQUE (pool, level, account, worker, algorithm)
    )
    """,
    // Each pool's partition is divided by day: `PostgresPartitions`.
    """
    CREATE TABLE shares (
      pool TEXT NOT NULL,
      ordinal BIGINT NOT NULL,
      time BIGINT NOT NULL,
      hash BYTEA NOT NULL,
      owner BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      height BIGINT NOT NULL,
      n_bits BIGINT NOT NULL,
      work NUMERIC(39,0) NOT NULL,
      is_block BIGINT NOT NULL,
      source_job TEXT NOT NULL,
      PRIMARY KEY (pool, time, hash)
    ) PARTITION BY LIST (pool)
    """,
    "CREATE INDEX shares_by_ordinal ON shares (pool, ordinal)",
  ]

  private static let blocks = """
    CREATE TABLE blocks (
      hash BYTEA PRIMARY KEY,
      height BIGINT NOT NULL,
      account TEXT NOT NULL,
      worker TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      network_work NUMERIC(39,0) NOT NULL,
      reward BIGINT NOT NULL,
      status TEXT NOT NULL,
      reason TEXT NOT NULL,
      confirmations BIGINT NOT NULL,
      found_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      \(Tables.blockColumns(bytes: "BYTEA", work: "NUMERIC(39,0)").joined(separator: ",\n"))
    );
    """

  /// Balances follow from transfers, and transfers never change: the database sees to both.
  private static let ledgerRules = [
    "CREATE INDEX blocks_by_time ON blocks (found_at)", "CREATE INDEX blocks_by_account ON blocks (account)",
    // Once for all rows of a statement: a block has thousands of transfers from one account.
    """
    CREATE FUNCTION move_money() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE accounts SET balance = accounts.balance + moved.amount
        FROM (
          SELECT name, sum(amount)::BIGINT AS amount FROM (
            SELECT debit AS name, -amount AS amount FROM added UNION ALL SELECT credit, amount FROM added
          ) parts GROUP BY name
        ) moved WHERE accounts.name = moved.name AND moved.amount <> 0;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER transfers_move AFTER INSERT ON transfers REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION move_money()
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME;
    END $$
    """,
    """
    CREATE TRIGGER transfers_stay BEFORE UPDATE OR DELETE ON transfers
      FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER transfers_remain BEFORE TRUNCATE ON transfers EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER audit_remains BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change()",
  ]
}
