import Stratum

/// Columns for a terminal. A heading with `>` in front makes its column right-aligned.
struct Table {
  /// A longer cell is cut: some of these words were chosen by miners.
  static let cellColumns = 100

  private let rows: [[String]]
  private let isRight: [Bool]

  init(_ headings: [String], _ rows: [[String]]) {
    isRight = headings.map { $0.hasPrefix(">") }
    let cells = rows.map { row in row.map { TerminalText.cut(TerminalText.printable($0), to: Self.cellColumns) } }
    self.rows = [headings.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }] + cells
  }

  var lines: [String] {
    let widths = isRight.indices.map { column in rows.map { TerminalText.width($0[column]) }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        TerminalText.fit(cell, to: widths[column], isRight: isRight[column])
      }
      let line = cells.joined(separator: "  ")
      return String(line.prefix(upTo: line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex))
    }
  }

  static func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }

  static func percent(_ fraction: Double) -> String { "\(Stratum.Decimal.fixed(fraction * 100, decimals: 1)) %" }

  static func milliseconds(_ value: Double) -> String {
    "\(Stratum.Decimal.fixed(value, decimals: value < 10 ? 1 : 0)) ms"
  }

  /// `12 s`, `3 m 5 s`, `2 h 10 m`, `4 d 3 h`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e12)))
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: "\(whole / 60) m \(whole % 60) s"
    case ..<86_400: "\(whole / 3600) h \(whole / 60 % 60) m"
    default: "\(whole / 86_400) d \(whole / 3600 % 24) h"
    }
  }
}
