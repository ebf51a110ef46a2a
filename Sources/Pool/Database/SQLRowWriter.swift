import Stratum

/// Takes the columns of a row, one after the other, in the form that the database inserts fastest.
public struct SQLRowWriter {
  enum Form {
    /// Of a statement that is run for each row.
    case values
    /// Of `COPY … BINARY`: each row is a count of columns, each column a length and its bytes, all big-endian.
    ///
    /// Source: PostgreSQL, "COPY", File Formats, Binary Format.
    case copy(columns: Int16)
  }

  private let form: Form
  private(set) var values: [SQLValue] = []
  private(set) var bytes: [UInt8] = []

  init(form: Form) {
    self.form = form
    if case .copy = form { bytes.reserveCapacity(80_000) }
  }

  static let copyHeader: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  static let copyTrailer: [UInt8] = [0xff, 0xff]

  mutating func beginRow() {
    switch form {
    case .values: values.removeAll(keepingCapacity: true)
    case .copy(let columns): bytes.append(bigEndian: columns)
    }
  }

  mutating func removeBytes() { bytes.removeAll(keepingCapacity: true) }

  public mutating func integer(_ value: Int64) {
    guard case .copy = form else { return values.append(.integer(value)) }
    bytes.append(bigEndian: Int32(8))
    bytes.append(bigEndian: value)
  }

  public mutating func text(_ value: String) {
    guard case .copy = form else { return values.append(.text(value)) }
    var value = value
    value.withUTF8 { utf8 in
      bytes.append(bigEndian: Int32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  public mutating func null() {
    guard case .copy = form else { return values.append(.null) }
    bytes.append(bigEndian: Int32(-1))
  }

  public mutating func hash(_ value: Hash256) {
    guard case .copy = form else { return values.append(.hash(value)) }
    bytes.append(bigEndian: Int32(32))
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { raw in
      guard let base = raw.baseAddress else { return }
      value.store(to: base)
      bytes.append(contentsOf: raw)
    }
  }

  public mutating func bytes(_ value: [UInt8]) {
    guard case .copy = form else { return values.append(.bytes(value)) }
    bytes.append(bigEndian: Int32(value.count))
    bytes.append(contentsOf: value)
  }

  /// Whatever it is.
  public mutating func value(_ value: SQLValue) {
    switch value {
    case .integer(let number): integer(number)
    case .text(let text): self.text(text)
    case .bytes(let bytes): self.bytes(bytes)
    case .work(let work): self.work(work)
    case .null: null()
    }
  }

  public mutating func work(_ value: ShareWork) {
    guard case .copy = form else { return values.append(.work(value)) }
    let start = bytes.count
    bytes.append(bigEndian: Int32(0))
    PostgresNumeric.append(value.hashes, to: &bytes)
    let count = UInt32(bytes.count - start - 4)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * index)) }
  }
}

extension [UInt8] {
  mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }
}

/// NUMERIC on the wire: digits to the base of 10,000, most significant first.
///
/// Source: PostgreSQL, `src/backend/utils/adt/numeric.c`, `numeric_send`.
enum PostgresNumeric {
  static func append(_ number: UInt128, to bytes: inout [UInt8]) {
    // Ten digits are 10^40, more than 2^128.
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    var rest = number
    let base: UInt128 = 10_000_000_000_000_000
    digits.0 = UInt64(rest % base)
    rest /= base
    digits.1 = UInt64(rest % base)
    digits.2 = UInt64(rest / base)
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: 12) { groups in
      var count = 0
      func add(_ group: UInt64) {
        // Without leading zeros.
        guard count > 0 || group != 0 else { return }
        groups.initializeElement(at: count, to: Int16(group))
        count += 1
      }
      func add(part: UInt64) {
        add(part / 1_000_000_000_000)
        add(part / 100_000_000 % 10_000)
        add(part / 10_000 % 10_000)
        add(part % 10_000)
      }
      add(part: digits.2)
      add(part: digits.1)
      add(part: digits.0)
      bytes.append(bigEndian: Int16(count))
      bytes.append(bigEndian: Int16(Swift.max(0, count - 1)))
      bytes.append(bigEndian: Int16(0))
      bytes.append(bigEndian: Int16(0))
      for index in 0..<count { bytes.append(bigEndian: groups[index]) }
    }
  }

  /// `nil` for what is negative, has a fraction, is above 2^128 − 1 or is no number.
  static func read(_ bytes: UnsafeRawBufferPointer) -> UInt128? {
    func word(_ index: Int) -> Int16? {
      guard 2 * index + 2 <= bytes.count else { return nil }
      return Int16(bitPattern: UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1]))
    }
    guard let count = word(0), let weight = word(1), let sign = word(2), sign == 0, count >= 0 else { return nil }
    guard count > 0 else { return 0 }
    guard weight >= count - 1 else { return nil }
    var number: UInt128 = 0
    for index in 0...Int(weight) {
      let digit = index < Int(count) ? word(4 + index) : 0
      guard let digit, digit >= 0 else { return nil }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: 10_000)
      let (sum, carried) = product.addingReportingOverflow(UInt128(digit))
      guard !tooLarge, !carried else { return nil }
      number = sum
    }
    return number
  }
}
