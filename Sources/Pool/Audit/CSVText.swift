/// Lines of CSV, for accountants and their spreadsheets.
///
/// Source: RFC 4180. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, tab or
/// carriage return) gets an apostrophe before it (OWASP, "CSV Injection").
public enum CSVText {
  /// With its line end.
  public static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

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
