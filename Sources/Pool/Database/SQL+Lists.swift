extension SQL {
  /// What a statement gives for all these values, asked in pieces: it is made with the marks for one piece of them.
  /// - Parameter leading: what stands before the marks of the list in the statement.
  func rows(
    of values: [SQLValue], after leading: [SQLValue] = [], _ statement: (_ marks: String) -> String
  ) throws(StoreError) -> [SQLRow] {
    var rows: [SQLRow] = []
    var rest = values[...]
    while let first = rest.first {
      // Of a few lengths only, so that the database knows the statement again.
      let length = rest.count <= 1 ? 1 : rest.count <= 8 ? 8 : rest.count <= 64 ? 64 : 500
      let piece = rest.prefix(length)
      rest = rest.dropFirst(length)
      let marks = Array(repeating: "?", count: length).joined(separator: ", ")
      let padding = Array(repeating: first, count: length - piece.count)
      rows += try run(statement(marks), leading + piece + padding).rows
    }
    return rows
  }

  func rows(of texts: [String], _ statement: (_ marks: String) -> String) throws(StoreError) -> [SQLRow] {
    try rows(of: texts.map(SQLValue.text), statement)
  }
}
