import Foundation
import Stratum
import TestSupport

@testable import Pool

/// Everything that follows from shares in a database, in words that are the same in both and do not depend on the
/// numbers that owners happen to have.
struct Contents: Equatable {
  var shares: [String]
  var rollUps: [String]
  var pages: [String]
  var ordinals: [String]

  init(of database: any Pool.Database) async throws {
    self = try await database.read { sql in try Contents(sql) }
  }

  private static let owner = "owners.pool, level, algorithm, account, worker"

  private init(_ sql: any SQL) throws {
    shares = try Self.rows(
      sql,
      """
      SELECT shares.pool, ordinal, time, hash, level, algorithm, account, worker, sequence, height, n_bits, work,
        is_block, source_job FROM shares JOIN owners ON owners.id = owner
      """, work: 11)
    rollUps = try Self.rows(
      sql,
      """
      SELECT \(Self.owner), period, start, shares, first_share, last_share, work FROM rollups
        JOIN owners ON owners.id = owner
      """, work: 10)
    pages = try Self.rows(
      sql,
      "SELECT \(Self.owner), page, work FROM window_pages JOIN owners ON owners.id = owner", work: 6)
    ordinals = try Self.rows(sql, "SELECT pool, last FROM ordinals", work: nil)
  }

  private static func rows(_ sql: any SQL, _ text: String, work: Int?) throws -> [String] {
    try sql.run(text).rows.map { row in
      try row.values.enumerated().map { index, value in
        if index == work { return "\(try row.work(index).hashes)" }
        return switch value {
        case .integer(let number): "\(number)"
        case .text(let text): text
        case .bytes(let bytes): Hex.encode(bytes)
        case .null: "-"
        case .work(let work): "\(work.hashes)"
        }
      }.joined(separator: " ")
    }.sorted()
  }

  /// A few lines that only one of them has, for a failure's message.
  func differences(from other: Contents) -> [String] {
    [(shares, other.shares), (rollUps, other.rollUps), (pages, other.pages), (ordinals, other.ordinals)].flatMap {
      Set($0).symmetricDifference($1).sorted().prefix(4)
    }
  }

  /// Without what differs when the same shares come in another order.
  var regardlessOfOrder: Contents {
    var copy = self
    copy.shares = shares.map { line in
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      return (words.prefix(1) + words.dropFirst(2)).joined(separator: " ")
    }.sorted()
    copy.pages = []
    return copy
  }

  /// What is wrong with the numbers of a pool's shares: nothing, when they are 1 to the last without a gap.
  func gaps(in pool: String) -> [Int] {
    var numbers: [Int] = []
    for line in shares {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      if words[0] == pool, let number = Int(words[1]) { numbers.append(number) }
    }
    numbers.sort()
    return numbers == Array(1..<numbers.count + 1) ? [] : numbers
  }
}

/// Shares of several miners and algorithms over a few hours; the same for the same seed.
func variedShares(_ count: Int, seed: UInt64, firstNumber: UInt32 = 0) -> [NumberedShare] {
  var random = SeededRandom(seed: seed)
  return (0..<UInt32(count)).map { index in
    var share = ShareRecord.numbered(
      firstNumber + index, account: "ZION_\(Int.random(in: 0..<4, using: &random))",
      worker: ["", "a", "b"].randomElement(using: &random) ?? "")
    share.algorithm = [.sha256d, .scrypt, .kawpow].randomElement(using: &random) ?? .scrypt
    share.work = ShareWork(hashes: UInt128(random.next()) << UInt128(random.next() % 40))
    share.time += UInt64(index) * 7_000 + UInt64.random(in: 0..<60_000, using: &random)
    return NumberedShare(sequence: UInt64(index) + 1, share: share)
  }
}
