import ArgumentParser
import Pool

/// Lines of CSV as commands print them, each with its carriage return; what cannot be seen in a name is written by its
/// number.
enum CSVRows {
  static func lines(_ rows: [[String]]) -> [String] {
    rows.map { row in
      // `print` ends the line.
      String(CSVText.line(row.map { TerminalText.escaped($0) }).unicodeScalars.dropLast())
    }
  }

  /// - Throws: when it is asked for together with what it cannot be.
  static func check(_ csv: Bool, json: Bool, watch: Double?) throws {
    guard csv else { return }
    if json { throw ValidationError("--csv or --json, not both") }
    if watch != nil { throw ValidationError("--csv is printed once: leave --watch out") }
  }
}
