import CPostgres
import Stratum

/// A value on its way to the server: text or binary, whichever both sides read exactly without being told the type.
struct PostgresParameter {
  /// `nil` is NULL.
  let bytes: [UInt8]?
  let isBinary: Bool

  init(_ value: SQLValue) {
    switch value {
    case .null: (bytes, isBinary) = (nil, false)
    // As text, the server reads them as whatever the column or the comparison needs.
    case .integer(let number): (bytes, isBinary) = (Array("\(number)".utf8) + [0], false)
    case .text(let text): (bytes, isBinary) = (Array(text.utf8) + [0], false)
    case .work(let work): (bytes, isBinary) = (Array("\(work.hashes)".utf8) + [0], false)
    case .bytes(let raw): (bytes, isBinary) = (raw, true)
    }
  }
}

extension [PostgresParameter] {
  func withPointers<Result>(
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    var storage: [UInt8] = []
    var offsets: [Int?] = []
    for parameter in self {
      offsets.append(parameter.bytes == nil ? nil : storage.count)
      storage += parameter.bytes ?? []
      // An empty value must have an address too: one of nothing means NULL.
      storage.append(0)
    }
    let lengths = map { Int32($0.bytes?.count ?? 0) }
    let formats = map { $0.isBinary ? Int32(1) : 0 }
    return storage.withUnsafeBytes { raw in
      let base = raw.bindMemory(to: CChar.self).baseAddress
      let pointers = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
      return pointers.withUnsafeBufferPointer { pointers in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { body(pointers.baseAddress, lengths.baseAddress, $0.baseAddress) }
        }
      }
    }
  }
}

/// Reads a result in binary form.
///
/// Source: PostgreSQL, `src/include/catalog/pg_type.dat`, for the numbers of types.
enum PostgresRows {
  static func read(_ result: OpaquePointer) throws(StoreError) -> [SQLRow] {
    let columns = Int(PQnfields(result))
    let types = (0..<columns).map { PQftype(result, Int32($0)) }
    var rows: [SQLRow] = []
    rows.reserveCapacity(Int(PQntuples(result)))
    for row in 0..<PQntuples(result) {
      var values: [SQLValue] = []
      values.reserveCapacity(columns)
      for column in 0..<columns {
        values.append(try value(result, row, Int32(column), type: types[column]))
      }
      rows.append(SQLRow(values))
    }
    return rows
  }

  /// Of 2, 4 or 8 bytes, with its sign.
  private static func integer(_ raw: UnsafeRawBufferPointer) -> Int64 {
    let isNegative = (raw.first ?? 0) >= 128
    return raw.reduce(isNegative ? -1 : 0) { (number: Int64, byte: UInt8) -> Int64 in number << 8 | Int64(byte) }
  }

  private static func value(
    _ result: OpaquePointer, _ row: Int32, _ column: Int32, type: Oid
  ) throws(StoreError) -> SQLValue {
    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return .null }
    let raw = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
    switch type {
    case 20, 21, 23: return .integer(integer(raw))
    case 16: return .integer(raw.first == 1 ? 1 : 0)
    case 17: return .bytes(Array(raw))
    case 18, 19, 25, 1043: return .text(String(decoding: raw, as: UTF8.self))
    case 1700:
      guard let number = PostgresNumeric.read(raw) else {
        throw .malformed("a NUMERIC that is no work")
      }
      return .work(ShareWork(hashes: number))
    case 2278: return .null
    default: throw .malformed("a column of PostgreSQL's type \(type)")
    }
  }
}
