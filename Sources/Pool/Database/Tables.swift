/// The tables of the money, the same in both databases but for the names of types.
///
/// Times of shares are milliseconds since 1970, all others seconds. Amounts are atomic units. A step that was released
/// is never changed.
enum Tables {
  /// - Parameters:
  ///   - bytes, work: types.
  ///   - updated: behind a table whose rows change often.
  static func accounting(bytes: String, work: String, updated: String = "") -> [String] {
    [
      """
      CREATE TABLE rollups (
        owner BIGINT NOT NULL REFERENCES owners (id),
        period BIGINT NOT NULL,
        start BIGINT NOT NULL,
        shares BIGINT NOT NULL,
        work \(work) NOT NULL,
        first_share BIGINT NOT NULL,
        last_share BIGINT NOT NULL,
        PRIMARY KEY (owner, period, start)
      )\(updated)
      """,
      "CREATE INDEX rollups_by_start ON rollups (period, start)",
      """
      CREATE TABLE window_pages (
        pool TEXT NOT NULL,
        page BIGINT NOT NULL,
        owner BIGINT NOT NULL REFERENCES owners (id),
        work \(work) NOT NULL,
        PRIMARY KEY (pool, page, owner)
      )\(updated)
      """,
      // The last share of each algorithm in a page: what the network asked for at any ordinal, without raw shares.
      """
      CREATE TABLE network_bits (
        pool TEXT NOT NULL,
        algorithm TEXT NOT NULL,
        page BIGINT NOT NULL,
        ordinal BIGINT NOT NULL,
        n_bits BIGINT NOT NULL,
        PRIMARY KEY (pool, algorithm, page)
      )
      """,
      // Shares before `kept_since` (milliseconds) may be gone by retention.
      """
      CREATE TABLE ordinals (
        pool TEXT PRIMARY KEY,
        last BIGINT NOT NULL,
        kept_since BIGINT NOT NULL DEFAULT 0
      )
      """,
      """
      CREATE TABLE journal_positions (
        journal TEXT PRIMARY KEY,
        segment BIGINT NOT NULL,
        byte_offset BIGINT NOT NULL
      )
      """,
      """
      CREATE TABLE block_works (
        block \(bytes) NOT NULL,
        account TEXT NOT NULL,
        algorithm TEXT NOT NULL,
        work \(work) NOT NULL,
        PRIMARY KEY (block, account, algorithm)
      )
      """,
      // What the network asked for a block of each algorithm, by which works are compared.
      """
      CREATE TABLE block_networks (
        block \(bytes) NOT NULL,
        algorithm TEXT NOT NULL,
        network_work \(work) NOT NULL,
        PRIMARY KEY (block, algorithm)
      )
      """,
      """
      CREATE TABLE block_lines (
        block \(bytes) NOT NULL,
        line BIGINT NOT NULL,
        account TEXT NOT NULL,
        weight \(work) NOT NULL,
        multiplier BIGINT NOT NULL,
        base BIGINT NOT NULL,
        bonus BIGINT NOT NULL,
        PRIMARY KEY (block, line)
      )
      """,
      "CREATE INDEX block_lines_by_account ON block_lines (account)",
      """
      CREATE TABLE block_fees (
        block \(bytes) NOT NULL,
        line BIGINT NOT NULL,
        account TEXT NOT NULL,
        amount BIGINT NOT NULL,
        PRIMARY KEY (block, line)
      )
      """,
      """
      CREATE TABLE accounts (
        name TEXT PRIMARY KEY,
        balance BIGINT NOT NULL,
        minimum BIGINT,
        CHECK (minimum IS NULL OR balance >= minimum),
        -- Below 2^62, so that no sum of a balance and an amount leaves 64 bits.
        CHECK (balance > -4611686018427387904 AND balance < 4611686018427387904)
      )
      """,
      """
      CREATE TABLE audit (
        sequence BIGINT PRIMARY KEY,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        hash \(bytes) NOT NULL
      )
      """,
      // A transfer has the number of its audit record.
      """
      CREATE TABLE transfers (
        sequence BIGINT PRIMARY KEY REFERENCES audit (sequence),
        id TEXT NOT NULL UNIQUE,
        debit TEXT NOT NULL REFERENCES accounts (name),
        credit TEXT NOT NULL REFERENCES accounts (name),
        amount BIGINT NOT NULL CHECK (amount > 0 AND amount < 4611686018427387904),
        kind TEXT NOT NULL,
        reference TEXT NOT NULL,
        at BIGINT NOT NULL,
        CHECK (debit <> credit)
      )
      """,
      "CREATE INDEX transfers_by_debit ON transfers (debit)",
      "CREATE INDEX transfers_by_credit ON transfers (credit)",
      "CREATE INDEX transfers_by_reference ON transfers (reference)",
    ]
  }

  static func payouts(bytes: String) -> [String] {
    [
      """
      CREATE TABLE batches (
        id TEXT PRIMARY KEY,
        pool TEXT NOT NULL,
        state TEXT NOT NULL,
        version BIGINT NOT NULL,
        body TEXT NOT NULL,
        total BIGINT NOT NULL,
        txid TEXT UNIQUE,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
      )
      """,
      "CREATE INDEX batches_by_state ON batches (pool, state)",
      """
      CREATE TABLE batch_items (
        batch TEXT NOT NULL REFERENCES batches (id),
        line BIGINT NOT NULL,
        account TEXT NOT NULL,
        address TEXT NOT NULL,
        gross BIGINT NOT NULL,
        net BIGINT NOT NULL,
        PRIMARY KEY (batch, line),
        UNIQUE (batch, account)
      )
      """,
      "CREATE INDEX batch_items_by_account ON batch_items (account)",
      """
      CREATE TABLE approvals (
        batch TEXT NOT NULL REFERENCES batches (id),
        key TEXT NOT NULL,
        decision TEXT NOT NULL,
        signature \(bytes) NOT NULL,
        digest \(bytes) NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (batch, key, decision)
      )
      """,
      """
      CREATE TABLE payout_settings (
        account TEXT PRIMARY KEY,
        threshold BIGINT,
        signed_at BIGINT NOT NULL,
        public_key \(bytes)
      )
      """,
      "CREATE TABLE pps_progress (pool TEXT PRIMARY KEY, settled BIGINT NOT NULL)",
      "CREATE TABLE pps_carries (account TEXT PRIMARY KEY, fraction BIGINT NOT NULL)",
    ]
  }

  static func consciousness(bytes: String) -> [String] {
    [
      """
      CREATE TABLE credentials (
        id TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        body \(bytes) NOT NULL,
        signature \(bytes) NOT NULL,
        at BIGINT NOT NULL
      )
      """,
      "CREATE INDEX credentials_by_account ON credentials (account)",
      """
      CREATE TABLE profiles (
        account TEXT PRIMARY KEY,
        level BIGINT NOT NULL,
        xp BIGINT NOT NULL,
        achievements TEXT NOT NULL,
        blocks BIGINT NOT NULL,
        since BIGINT NOT NULL
      )
      """,
      "CREATE INDEX profiles_by_xp ON profiles (xp)",
      """
      CREATE TABLE level_history (
        account TEXT NOT NULL,
        step BIGINT NOT NULL,
        level BIGINT NOT NULL,
        xp BIGINT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (account, step)
      )
      """,
      // The last ordinal of each pool that profiles were brought up to.
      "CREATE TABLE profile_progress (pool TEXT PRIMARY KEY, ordinal BIGINT NOT NULL)",
      "CREATE INDEX owners_by_account ON owners (account, level)",
    ]
  }

  /// Few blocks are not booked, and what they may cost is asked for often; and few shares are blocks.
  static let partialIndexes = [
    "CREATE INDEX blocks_not_booked ON blocks (pool) WHERE bookings % 2 = 0",
    "CREATE INDEX blocks_to_reverse ON blocks (pool) WHERE bookings % 2 = 1 AND status <> 'mature'",
    "CREATE INDEX blocks_by_split_record ON blocks (split_record)",
    "CREATE INDEX shares_of_blocks ON shares (pool, hash) WHERE is_block = 1",
  ]

  /// When the round began in which a miner is, without a look at every block.
  static let standingBlocks = [
    """
    CREATE INDEX blocks_that_stand ON blocks (pool, algorithm, found_at) WHERE status NOT IN ('rejected', 'orphaned')
    """
  ]

  /// Columns that blocks have since there is a ledger.
  static func blockColumns(bytes: String, work: String) -> [String] {
    [
      "pool TEXT NOT NULL DEFAULT ''",
      // Of the share that found it, by which its place in the order of shares is known.
      "share_hash \(bytes)",
      // 1: the coinbase pays the finder, and the pool has nothing of it (SOLO).
      "pays_finder BIGINT NOT NULL DEFAULT 0",
      "scheme TEXT NOT NULL DEFAULT 'pplns'",
      // First and last ordinal of what is paid; null until the window is frozen.
      "window_first BIGINT",
      "window_last BIGINT",
      // PPLNS: how long the window is, and how much of it there was, in measured units.
      "window_length \(work)", "window_measured \(work)",
      "bonus_pot BIGINT NOT NULL DEFAULT 0",
      "remainder BIGINT NOT NULL DEFAULT 0",
      // The audit record of its split.
      "split_record BIGINT",
      // How often its money was booked and reversed: even is not booked.
      "bookings BIGINT NOT NULL DEFAULT 0",
    ]
  }
}
