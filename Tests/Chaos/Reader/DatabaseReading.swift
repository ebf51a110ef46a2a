import Foundation
import GRDB
import TestSupport

/// What stands in a pool's database, read by SQL from outside.
public struct DatabaseReading: Sendable {
  public struct Block: Sendable, Equatable {
    public var hash: String
    public var height: Int
    public var status: String
    public var reward: Int64
    /// Odd: its money is booked.
    public var bookings: Int
    /// Of the share that found it; empty when that did not count.
    public var shareHash = ""

    public init(hash: String, height: Int, status: String, reward: Int64, bookings: Int) {
      self.hash = hash
      self.height = height
      self.status = status
      self.reward = reward
      self.bookings = bookings
    }

    /// Its end has come, and its money is where that asks it to be.
    var isDecided: Bool {
      switch status {
      case "mature": bookings % 2 == 1
      case "orphaned", "rejected": bookings % 2 == 0
      default: false
      }
    }

    /// For people.
    var standing: String { "block \(hash) is \(status), booked \(bookings) times" }
  }

  public struct Transfer: Sendable, Equatable {
    public var id: String
    public var debit: String
    public var credit: String
    public var amount: Int64
    public var kind: String
    public var reference: String

    public init(id: String, debit: String, credit: String, amount: Int64, kind: String, reference: String) {
      self.id = id
      self.debit = debit
      self.credit = credit
      self.amount = amount
      self.kind = kind
      self.reference = reference
    }
  }

  public struct Batch: Sendable, Equatable {
    public var id: String
    public var state: String
    public var txid: String

    public init(id: String, state: String, txid: String) {
      self.id = id
      self.state = state
      self.txid = txid
    }
  }

  public var shares: [StoredShare] = []
  public var blocks: [Block] = []
  public var transfers: [Transfer] = []
  public var balances: [String: Int64] = [:]
  public var batches: [Batch] = []
  /// By address: what batches that are final have paid.
  public var paid: [String: Int64] = [:]
  /// Shares that the all-time sum of the pool says.
  public var totalShares = 0
  /// Subjects that were ever banned.
  public var banned: [String] = []

  /// Of a pool that has just begun.
  public init() {}

  public struct Malformed: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Parameter url: `sqlite:PATH` or `postgres://…`.
  public init(url: String) throws {
    let source = try Source(url)
    for row in try source.rows(
      """
      SELECT \(source.hex("hash")), \(source.work("work")), account, worker, is_block FROM shares
        JOIN owners ON owners.id = shares.owner
      """)
    {
      guard let work = source.number(row[1]) else { throw Malformed(description: "work \(row[1])") }
      shares.append(
        StoredShare(
          hash: Self.reversed(row[0]), work: work, user: row[2] + "." + row[3], isBlock: row[4] == "1"))
    }
    for row in try source.rows(
      "SELECT \(source.hex("hash")), height, status, reward, bookings, coalesce(\(source.hex("share_hash")), '') FROM blocks"
    ) {
      var block = Block(
        hash: Self.reversed(row[0]), height: try Self.integer(row[1]), status: row[2],
        reward: try Self.integer(row[3]), bookings: try Self.integer(row[4]))
      block.shareHash = Self.reversed(row[5])
      blocks.append(block)
    }
    for row in try source.rows("SELECT id, debit, credit, amount, kind, reference FROM transfers ORDER BY sequence") {
      transfers.append(
        Transfer(
          id: row[0], debit: row[1], credit: row[2], amount: try Self.integer(row[3]), kind: row[4], reference: row[5]))
    }
    for row in try source.rows("SELECT name, balance FROM accounts") { balances[row[0]] = try Self.integer(row[1]) }
    for row in try source.rows("SELECT id, state, coalesce(txid, '') FROM batches") {
      batches.append(Batch(id: row[0], state: row[1], txid: row[2]))
    }
    for row in try source.rows(
      """
      SELECT address, CAST(sum(net) AS BIGINT) FROM batch_items JOIN batches ON batches.id = batch
        WHERE state = 'final' GROUP BY address
      """)
    {
      paid[row[0]] = try Self.integer(row[1])
    }
    totalShares =
      try source.rows(
        "SELECT CAST(coalesce(sum(shares), 0) AS BIGINT) FROM rollups JOIN owners ON id = owner WHERE level = 0 AND period = 0"
      ).first.map { try Self.integer($0[0]) } ?? 0
    banned = try source.rows("SELECT subject FROM ban_records WHERE action = 'banned'").map { $0[0] }
  }

  private static func integer<Value: FixedWidthInteger>(_ text: String) throws -> Value {
    guard let value = Value(text) else { throw Malformed(description: "“\(text)” is no number") }
    return value
  }

  /// From the order of a digest to that of explorers.
  private static func reversed(_ hex: String) -> String {
    let digits = Array(hex)
    return stride(from: digits.count - 2, through: 0, by: -2).map { String(digits[$0...$0 + 1]) }.joined()
  }
}

/// One way to ask two kinds of databases: every field is text.
private enum Source {
  case sqlite(DatabaseQueue)
  case postgres(String)

  init(_ url: String) throws {
    guard url.hasPrefix("sqlite:") else {
      self = .postgres(url)
      return
    }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    self = .sqlite(try DatabaseQueue(path: String(url.dropFirst(7)), configuration: configuration))
  }

  func hex(_ column: String) -> String {
    switch self {
    case .sqlite: "lower(hex(\(column)))"
    case .postgres: "encode(\(column), 'hex')"
    }
  }

  /// SQLite keeps works as 16 bytes, most significant first.
  func work(_ column: String) -> String {
    switch self {
    case .sqlite: hex(column)
    case .postgres: column
    }
  }

  func number(_ text: String) -> UInt128? {
    switch self {
    case .sqlite: UInt128(text, radix: 16)
    case .postgres: UInt128(text)
    }
  }

  func rows(_ sql: String) throws -> [[String]] {
    switch self {
    case .sqlite(let queue):
      try queue.read { database in
        try Row.fetchAll(database, sql: sql).map { row in
          row.map { String.fromDatabaseValue($0.1) ?? Int64.fromDatabaseValue($0.1).map(String.init) ?? "" }
        }
      }
    case .postgres(let url):
      try PostgresServer.psql(url, sql).split(separator: "\n").map {
        $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      }
    }
  }
}
