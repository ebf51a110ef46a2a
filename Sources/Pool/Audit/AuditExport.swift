import Stratum

/// The whole audit as CSV, for accountants and their spreadsheets.
public struct AuditExport: Sendable {
  private let database: any Database
  private let pageSize: Int64

  public init(database: any Database, pageSize: Int64 = 2_000) {
    self.database = database
    self.pageSize = max(1, pageSize)
  }

  static let header = [
    "sequence", "time", "record", "transfer", "debit", "credit", "amount", "kind", "reference", "body", "hash",
  ]

  /// - Parameter write: takes the text piece by piece. Amounts are atomic units, times seconds since 1970.
  public func run(_ write: @escaping @Sendable (String) throws -> Void) async throws {
    try write(CSVText.line(Self.header))
    var last: Int64 = 0
    while true {
      let (after, limit) = (last, pageSize)
      let rows = try await database.read { sql in
        try sql.run(
          """
          SELECT audit.sequence, audit.at, audit.kind, id, debit, credit, amount, transfers.kind, reference, body, hash
            FROM audit LEFT JOIN transfers ON transfers.sequence = audit.sequence
            WHERE audit.sequence > ? ORDER BY audit.sequence LIMIT ?
          """, .integer(after), .integer(limit)
        ).rows
      }
      guard let end = rows.last else { return }
      try write(rows.map { CSVText.line($0.values.map(Self.text)) }.joined())
      last = try end.integer(0)
    }
  }

  private static func text(_ value: SQLValue) -> String {
    switch value {
    case .null: ""
    case .integer(let number): "\(number)"
    case .text(let text): text
    case .bytes(let bytes): Hex.encode(bytes)
    case .work(let work): "\(work.hashes)"
    }
  }
}
