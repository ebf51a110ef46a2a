import Hashing
import Stratum

/// What is to be recorded.
public struct AuditEntry: Hashable, Sendable {
  /// Of the records that stand for transfers.
  static let transferKind = "transfer"

  /// Letters and `_`.
  public var kind: String
  public var body: AuditBody
  public var at: UnixTime

  public init(kind: String, body: AuditBody, at: UnixTime) {
    self.kind = kind
    self.body = body
    self.at = at
  }
}

/// A chain of records, each of which names the one before it by its hash: nothing in the past can be changed without
/// changing everything after it.
///
/// hash = SHA-256(previous hash ‖ sequence ‖ at ‖ kind ‖ 0 ‖ body); numbers are 8 bytes, most significant first, and
/// before the first record there are 32 zero bytes. Sequences begin at 1 and have no gaps.
public enum AuditLog {
  static let genesis = [UInt8](repeating: 0, count: 32)

  /// Within a transaction of `Database.write`, in the order given. Returns the number of the first.
  @discardableResult
  public static func append(_ entries: [AuditEntry], _ sql: any SQL) throws -> Int64 {
    let head = try head(sql)
    var hash = head.hash
    var records: [AuditRecord] = []
    records.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      let record = AuditRecord(
        sequence: head.sequence + 1 + Int64(index), at: Int64(entry.at.seconds), kind: entry.kind,
        body: entry.body.text, after: hash)
      hash = record.hash
      records.append(record)
    }
    try sql.insert(into: "audit", ["sequence", "at", "kind", "body", "hash"], records, conflict: nil) { row, writer in
      writer.integer(row.sequence)
      writer.integer(row.at)
      writer.text(row.kind)
      writer.text(row.body)
      writer.bytes(row.hash)
    }
    return head.sequence + 1
  }

  /// The last record; what an operator writes down elsewhere, so that the end of the chain cannot be cut off unseen.
  public static func head(_ sql: any SQL) throws -> AuditHead {
    guard let row = try sql.first("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1") else {
      return AuditHead(sequence: 0, hash: genesis)
    }
    return AuditHead(sequence: try row.integer(0), hash: try row.bytes(1))
  }
}

/// Where the chain ends.
public struct AuditHead: Hashable, Sendable {
  /// 0 when there is no record.
  public var sequence: Int64
  public var hash: [UInt8]

  public init(sequence: Int64, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }
}

/// A record as it is stored.
struct AuditRecord: Hashable, Sendable {
  var sequence: Int64
  var at: Int64
  var kind: String
  var body: String
  var hash: [UInt8]

  static let columns = "sequence, at, kind, body, hash"

  init(_ row: SQLRow) throws(StoreError) {
    sequence = try row.integer(0)
    at = try row.integer(1)
    kind = try row.text(2)
    body = try row.text(3)
    hash = try row.bytes(4)
  }

  init(sequence: Int64, at: Int64, kind: String, body: String, after previous: [UInt8]) {
    (self.sequence, self.at, self.kind, self.body) = (sequence, at, kind, body)
    hash = []
    hash = hash(after: previous)
  }

  /// What the hash has to be.
  func hash(after previous: [UInt8]) -> [UInt8] {
    var bytes = previous
    bytes.append(bigEndian: sequence)
    bytes.append(bigEndian: at)
    bytes.append(contentsOf: kind.utf8)
    bytes.append(0)
    bytes.append(contentsOf: body.utf8)
    return sha256(bytes)
  }
}
