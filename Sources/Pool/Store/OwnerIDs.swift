import Stratum

/// Whose work is summed up: a worker, its account, or the whole pool, each for one algorithm.
struct OwnerKey: Hashable, Sendable {
  /// 0 the pool, 1 an account, 2 a worker.
  var level: Int64
  var algorithm: Algorithm
  /// Empty for the pool.
  var account = ""
  /// Empty but for a worker, and for one without a name.
  var worker = ""
}

/// Gives owners the numbers that they have in the database, and new ones to those that have none.
struct OwnerIDs: Sendable {
  let pool: String
  let known: [OwnerKey: Int64]

  struct Resolved {
    /// One for each share, in order.
    var workers: [Int64]
    /// By the worker's number.
    var parents: [Int64: Parents]
    var added: [OwnerKey: Int64]
  }

  struct Parents {
    var account, pool: Int64
  }

  func resolve(_ shares: [ShareRecord], _ sql: any SQL) throws -> Resolved {
    var result = Resolved(workers: [], parents: [:], added: [:])
    result.workers.reserveCapacity(shares.count)
    for share in shares {
      let worker = try id(
        OwnerKey(level: 2, algorithm: share.algorithm, account: share.miner.account, worker: share.miner.worker),
        &result, sql)
      result.workers.append(worker)
      guard result.parents[worker] == nil else { continue }
      let account = OwnerKey(level: 1, algorithm: share.algorithm, account: share.miner.account)
      result.parents[worker] = Parents(
        account: try id(account, &result, sql),
        pool: try id(OwnerKey(level: 0, algorithm: share.algorithm), &result, sql))
    }
    return result
  }

  private func id(_ key: OwnerKey, _ result: inout Resolved, _ sql: any SQL) throws -> Int64 {
    if let id = known[key] ?? result.added[key] { return id }
    // Another process may make the same one at this moment: then both find it.
    let values: [SQLValue] = [
      .text(pool), .integer(key.level), .text(key.algorithm.rawValue), .text(key.account), .text(key.worker),
    ]
    try sql.run(
      """
      INSERT INTO owners (pool, level, algorithm, account, worker) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (pool, level, account, worker, algorithm) DO NOTHING
      """, values)
    let row = try sql.run(
      "SELECT id FROM owners WHERE pool = ? AND level = ? AND algorithm = ? AND account = ? AND worker = ?", values
    ).rows.first
    guard let id = try row?.integer(0) else { throw StoreError.malformed("an owner that was made is not there") }
    result.added[key] = id
    return id
  }
}
