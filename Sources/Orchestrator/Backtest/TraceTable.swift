/// A table of comma-separated values, a heading first; a field with a comma stands in double quotes.
struct TraceTable {
  let file: String
  private let columns: [String: Int]
  let headings: [String]
  private(set) var rows: [Row] = []

  struct Row {
    /// From 1, with the heading.
    let line: Int
    let fields: [Substring]
  }

  init(_ text: String, file: String) throws(TraceError) {
    self.file = file
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).makeIterator()
    func fields(_ line: Substring.UTF8View) -> [Substring] {
      var line = line
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      return Self.fields(line)
    }
    headings = lines.next().map { fields($0).map(String.init) } ?? []
    columns = Dictionary(headings.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    var number = 1
    while let line = lines.next() {
      number += 1
      if line.isEmpty { continue }
      let row = Row(line: number, fields: fields(line))
      guard row.fields.count == headings.count else {
        throw TraceError(
          file: file, line: number, what: "\(row.fields.count) values, but the heading has \(headings.count) columns")
      }
      rows.append(row)
    }
  }

  private static func fields(_ line: Substring.UTF8View) -> [Substring] {
    guard line.contains(UInt8(ascii: "\"")) else {
      return line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { Substring($0) }
    }
    var fields: [Substring] = []
    var isQuoted = false
    var start = line.startIndex
    func add(upTo end: Substring.UTF8View.Index) {
      var field = line[start..<end]
      if field.first == UInt8(ascii: "\""), field.last == UInt8(ascii: "\""), field.count > 1 {
        field = field.dropFirst().dropLast()
      }
      fields.append(Substring(field))
    }
    for index in line.indices {
      if line[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard line[index] == UInt8(ascii: ","), !isQuoted else { continue }
      add(upTo: index)
      start = line.index(after: index)
    }
    add(upTo: line.endIndex)
    return fields
  }

  func has(_ names: String...) -> Bool { names.allSatisfy { columns[$0] != nil } }

  func text(_ name: String, _ row: Row) throws(TraceError) -> String {
    guard let column = columns[name] else { throw TraceError(file: file, line: 1, what: "there is no column \(name)") }
    return String(row.fields[column])
  }

  /// `nil` where the field is empty.
  func number(_ name: String, _ row: Row) throws(TraceError) -> Double? {
    let text = try text(name, row)
    if text.isEmpty { return nil }
    guard let number = Double(text), number.isFinite else {
      throw TraceError(file: file, line: row.line, what: "\(name): “\(text)” is not a number")
    }
    return number
  }

  /// Seconds since 1970, from `2018-02-21T21:30:29Z`.
  func time(_ row: Row) throws(TraceError) -> Double {
    let text = try text("time", row)
    guard let seconds = TraceTime.seconds(text) else {
      throw TraceError(file: file, line: row.line, what: "time: “\(text)” is not like 2018-02-21T21:30:29Z")
    }
    return seconds
  }
}

/// `market/pools.csv:17: time: “yesterday” is not like 2018-02-21T21:30:29Z`
public struct TraceError: Error, Equatable, CustomStringConvertible {
  public let file: String
  /// From 1; `nil` when it concerns the whole file.
  public let line: Int?
  public let what: String

  public init(file: String, line: Int?, what: String) {
    self.file = file
    self.line = line
    self.what = what
  }

  public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(what)" }
}

/// Times of traces: ISO 8601 in UTC, to the second.
enum TraceTime {
  static func seconds(_ text: String) -> Double? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[19] == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T") else { return nil }
    func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    return Double(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
  }

  /// `2018-02-21`
  static func date(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e11 else { return "?" }
    var day = Int((seconds / 86_400).rounded(.down))
    var year = 1970
    while days(year + 1, 1, 1) <= day { year += 1 }
    while days(year, 1, 1) > day { year -= 1 }
    day -= days(year, 1, 1)
    var month = 1
    while month < 12, days(year, month + 1, 1) - days(year, 1, 1) <= day { month += 1 }
    day -= days(year, month, 1) - days(year, 1, 1)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(month))-\(two(day + 1))"
  }

  /// Days since 1970-01-01 in the Gregorian calendar; March begins the year that is counted in.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let from = month > 2 ? year : year - 1
    let era = (from >= 0 ? from : from - 399) / 400
    let yearOfEra = from - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension TraceReader {
  /// Seconds since 1970 when a day begins in UTC, from `2018-02-21`.
  public static func seconds(ofDay text: String) -> Double? { TraceTime.seconds("\(text)T00:00:00Z") }
}
