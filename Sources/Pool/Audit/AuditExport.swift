import Stratum

/// The whole audit as CSV, for accountants and their spreadsheets.
///
/// Source: RFC 4180. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, tab or
/// carriage return) gets an apostrophe before it (OWASP, "CSV Injection").
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
    try write(Self.line(Self.header))
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
      try write(rows.map { Self.line($0.values.map(Self.text)) }.joined())
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

  /// With its line end.
  static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

  /// By bytes: Swift takes a carriage return and a line feed for one character.
  static func cell(_ text: String) -> String {
    var safe = text
    if let first = text.utf8.first, "=+-@\t\r".utf8.contains(first), Int64(text) == nil { safe = "'" + text }
    guard safe.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return safe }
    var quoted = "\""
    for scalar in safe.unicodeScalars {
      quoted.unicodeScalars.append(scalar)
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "\""
  }
}
