import GRDB

/// The tables, in the order in which they came. A migration that was released is never changed.
///
/// Times of shares are milliseconds, of blocks seconds, since 1970. Work is 16 bytes, most significant first: exact, and
/// ordered as the number is.
enum SQLiteSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 shares and blocks") { database in
      try database.execute(sql: first)
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
}
