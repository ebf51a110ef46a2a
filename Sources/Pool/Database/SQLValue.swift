import Stratum

/// A value in a statement or a row. Both databases have all of them.
public enum SQLValue: Equatable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  case bytes([UInt8])
  /// Exact: NUMERIC in PostgreSQL, 16 bytes, most significant first, in SQLite.
  case work(ShareWork)
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(nilLiteral: ()) { self = .null }

  public static func number(_ value: some BinaryInteger) -> SQLValue { .integer(Int64(clamping: value)) }
  public static func amount(_ value: AtomicUnits) -> SQLValue { .integer(value.value) }
  public static func hash(_ value: Hash256) -> SQLValue { .bytes(Array(value.bytes)) }
  public static func time(_ value: UnixTime) -> SQLValue { .integer(Int64(value.seconds)) }
}

/// A row of a result; columns are counted from 0, in the order of the statement.
public struct SQLRow: Equatable, Sendable {
  public let values: [SQLValue]

  public init(_ values: [SQLValue]) { self.values = values }

  private func value(_ column: Int) -> SQLValue { values.indices.contains(column) ? values[column] : .null }

  private func wrong(_ column: Int, _ expected: String) -> StoreError {
    .malformed("column \(column) of a result is \(value(column)), not \(expected)")
  }

  public func isNull(_ column: Int) -> Bool { value(column) == .null }

  public func integer(_ column: Int) throws(StoreError) -> Int64 {
    guard case .integer(let number) = value(column) else { throw wrong(column, "a whole number") }
    return number
  }

  /// A whole number that fits the type asked for.
  public func number<Number: FixedWidthInteger>(_ column: Int, as: Number.Type = Number.self) throws(StoreError)
    -> Number
  {
    guard let number = Number(exactly: try integer(column)) else { throw wrong(column, "a \(Number.self)") }
    return number
  }

  public func amount(_ column: Int) throws(StoreError) -> AtomicUnits { AtomicUnits(try integer(column)) }

  public func time(_ column: Int) throws(StoreError) -> UnixTime { UnixTime(seconds: try number(column)) }

  public func text(_ column: Int) throws(StoreError) -> String {
    guard case .text(let text) = value(column) else { throw wrong(column, "text") }
    return text
  }

  public func bytes(_ column: Int) throws(StoreError) -> [UInt8] {
    guard case .bytes(let bytes) = value(column) else { throw wrong(column, "bytes") }
    return bytes
  }

  public func hash(_ column: Int) throws(StoreError) -> Hash256 {
    guard let hash = Hash256(bytes: try bytes(column)) else { throw wrong(column, "a hash of 32 bytes") }
    return hash
  }

  public func work(_ column: Int) throws(StoreError) -> ShareWork {
    switch value(column) {
    case .work(let work): return work
    // SQLite does not tell work from other bytes.
    case .bytes(let bytes) where bytes.count == 16:
      return ShareWork(hashes: bytes.reduce(0) { $0 << 8 | UInt128($1) })
    default: throw wrong(column, "work")
    }
  }

  public func algorithm(_ column: Int) throws(StoreError) -> Algorithm {
    guard let algorithm = Algorithm(rawValue: try text(column)) else {
      throw wrong(column, "an algorithm that this version knows")
    }
    return algorithm
  }
}

extension ShareWork {
  /// 16 bytes, most significant first: ordered as the number is.
  var bigEndianBytes: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: hashes >> UInt128(120 - 8 * $0)) } }
}
