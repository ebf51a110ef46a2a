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
    /// Each worker once, with whose it is.
    var lines: [Line] = []
    /// Of each share, in order: its worker's place in `lines`.
    var places: [Int] = []
    var added: [OwnerKey: Int64] = [:]
  }

  struct Line {
    var worker, account, pool: Int64
  }

  func resolve(_ shares: [NumberedShare], _ sql: any SQL) throws -> Resolved {
    var result = Resolved()
    result.places.reserveCapacity(shares.count)
    var workers: [OwnerKey] = []
    var places: [OwnerKey: Int] = [:]
    for numbered in shares {
      let miner = numbered.share.miner
      let key = OwnerKey(
        level: 2, algorithm: numbered.share.algorithm, account: miner.account, worker: miner.worker)
      if let place = places[key] {
        result.places.append(place)
      } else {
        places[key] = workers.count
        result.places.append(workers.count)
        workers.append(key)
      }
    }
    let needed = workers.flatMap { [$0.pool, $0.accountsOwn, $0] }
    result.added = try make(needed.filter { known[$0] == nil }, sql)
    func id(_ key: OwnerKey) throws -> Int64 {
      guard let id = known[key] ?? result.added[key] else {
        throw StoreError.malformed("an owner that was made is not there")
      }
      return id
    }
    result.lines = try workers.map { key in
      Line(worker: try id(key), account: try id(key.accountsOwn), pool: try id(key.pool))
    }
    return result
  }

  /// Another process may make the same ones at this moment: then both find them.
  private func make(_ keys: [OwnerKey], _ sql: any SQL) throws -> [OwnerKey: Int64] {
    var seen: Set<OwnerKey> = []
    let new = keys.filter { seen.insert($0).inserted }
    try sql.insert(
      into: "owners", ["pool", "level", "algorithm", "account", "worker"], new,
      conflict: "ON CONFLICT (pool, level, account, worker, algorithm) DO NOTHING"
    ) { key, writer in
      writer.text(pool)
      writer.integer(key.level)
      writer.text(key.algorithm.rawValue)
      writer.text(key.account)
      writer.text(key.worker)
    }
    var found: [OwnerKey: Int64] = [:]
    var rest = new[...]
    while let first = rest.first {
      let piece = Array(rest.prefix(Self.pieceCount))
      rest = rest.dropFirst(Self.pieceCount)
      // Always as many marks, so that the statement is the same.
      let padded = piece + [OwnerKey](repeating: first, count: Self.pieceCount - piece.count)
      let marks = Array(repeating: "(CAST(? AS BIGINT), ?, ?, ?)", count: Self.pieceCount).joined(separator: ", ")
      let rows = try sql.run(
        """
        SELECT id, level, account, worker, algorithm FROM owners
          WHERE pool = ? AND (level, account, worker, algorithm) IN (VALUES \(marks))
        """,
        [.text(pool)]
          + padded.flatMap { [.integer($0.level), .text($0.account), .text($0.worker), .text($0.algorithm.rawValue)] }
      ).rows
      for row in rows {
        let key = OwnerKey(
          level: try row.integer(1), algorithm: try row.algorithm(4), account: try row.text(2), worker: try row.text(3))
        found[key] = try row.integer(0)
      }
    }
    return found
  }

  private static let pieceCount = 50
}

extension OwnerKey {
  /// The account of a worker.
  fileprivate var accountsOwn: OwnerKey { OwnerKey(level: 1, algorithm: algorithm, account: account) }
  fileprivate var pool: OwnerKey { OwnerKey(level: 0, algorithm: algorithm) }
}
