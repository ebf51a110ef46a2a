/// Strict readings of a value: `nil` when it is not exactly what was asked for.
extension JSONValue {
  /// Whether this is a string of exactly these characters.
  @inline(__always)
  func equals(_ text: StaticString, in line: RawSpan) -> Bool {
    kind == .string && count == text.utf8CodeUnitCount && line.holds(text, at: start)
  }

  /// One to eight hex digits.
  @inline(__always)
  func hexWord(in line: RawSpan) -> UInt32? {
    guard kind == .string, (1...8).contains(count) else { return nil }
    var word: UInt32 = 0
    for offset in start..<end {
      guard let digit = Hex.digit(line.byte(at: offset)) else { return nil }
      word = word &<< 4 | UInt32(digit)
    }
    return word
  }

  /// Exactly eight hex digits.
  @inline(__always)
  func fullHexWord(in line: RawSpan) -> UInt32? { count == 8 ? hexWord(in: line) : nil }

  /// An even number of hex digits, none included.
  func hexBytes(in line: RawSpan) -> [UInt8]? {
    guard kind == .string, count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count / 2)
    for offset in stride(from: start, to: end, by: 2) {
      guard let byte = line.hexByte(at: offset) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// Up to 32 bytes of hex.
  @inline(__always)
  func extranonce(in line: RawSpan) -> Extranonce? {
    guard kind == .string, count % 2 == 0, count <= 2 * Extranonce.maximumByteCount else { return nil }
    var extranonce = Extranonce.empty
    var offset = start
    while offset < end {
      guard let byte = line.hexByte(at: offset), extranonce.append(byte) else { return nil }
      offset += 2
    }
    return extranonce
  }

  /// A target above zero of 64 hex digits, most significant first.
  func target(in line: RawSpan) -> Target? {
    guard let bytes = hexBytes(in: line), let number = UInt256(littleEndian: bytes.reversed()), !number.isZero
    else { return nil }
    return Target(number)
  }

  /// 64 hex digits of a digest in internal order.
  func hash(in line: RawSpan) -> Hash256? { hexBytes(in: line).flatMap { Hash256(bytes: $0) } }

  /// 64 hex digits of a digest in which each 4-byte word is swapped, as `mining.notify` has the previous block.
  func wordSwappedHash(in line: RawSpan) -> Hash256? {
    guard var bytes = hexBytes(in: line), bytes.count == 32 else { return nil }
    for word in stride(from: 0, to: 32, by: 4) { bytes[word..<word + 4].reverse() }
    return Hash256(bytes: bytes)
  }

  /// A whole number without fraction or exponent, or a string of one (some pools quote their ports).
  func integer(in line: RawSpan) -> Int? {
    guard kind == .number || kind == .string, count > 0 else { return nil }
    let isNegative = line.byte(at: start) == UInt8(ascii: "-")
    let digits = (isNegative ? start + 1 : start)..<end
    guard (1...18).contains(digits.count) else { return nil }
    var number = 0
    for offset in digits {
      let digit = line.byte(at: offset) &- 48
      guard digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    return isNegative ? -number : number
  }

  /// A finite number, or a string of one (cpuminer-opt suggests its difficulty as `"%f"`).
  func number(in line: RawSpan) -> Double? {
    switch kind {
    case .number: break
    case .string:
      var cursor = JSONCursor(at: start, stringLimit: Limits.stringBytes)
      do throws(WireError) {
        try cursor.number(in: line)
      } catch {
        return nil
      }
      guard cursor.offset == end else { return nil }
    default: return nil
    }
    guard let number = Double(raw(in: line)), number.isFinite else { return nil }
    return number
  }

  /// A finite number above zero, or a string of one.
  func difficulty(in line: RawSpan) -> Difficulty? {
    guard let number = number(in: line), number > 0 else { return nil }
    return Difficulty(clamping: number)
  }
}

extension RawSpan {
  @inline(__always)
  func hexByte(at offset: Int) -> UInt8? {
    guard let high = Hex.digit(byte(at: offset)), let low = Hex.digit(byte(at: offset + 1)) else { return nil }
    return high &<< 4 | low
  }
}

/// The elements of an array that was scanned before.
struct JSONItems {
  private var cursor: JSONCursor
  private var isFirst = true
  private var isDone: Bool

  /// Without elements when `value` is no array.
  init(of value: JSONValue, stringLimit: Int) {
    cursor = JSONCursor(at: value.start + 1, stringLimit: stringLimit)
    isDone = value.kind != .array
  }

  mutating func next(in line: RawSpan) throws(WireError) -> JSONValue? {
    guard !isDone else { return nil }
    let close = UInt8(ascii: "]")
    let hasMore = try isFirst ? cursor.begins(until: close, in: line) : cursor.continues(until: close, in: line)
    isFirst = false
    isDone = !hasMore
    return hasMore ? try cursor.value(in: line, depth: 1) : nil
  }
}

/// The members of an object that was scanned before.
struct JSONMembers {
  private var cursor: JSONCursor
  private var isFirst = true
  private var isDone: Bool

  /// Without members when `value` is no object.
  init(of value: JSONValue, stringLimit: Int) {
    cursor = JSONCursor(at: value.start + 1, stringLimit: stringLimit)
    isDone = value.kind != .object
  }

  mutating func next(in line: RawSpan) throws(WireError) -> (key: JSONValue, value: JSONValue)? {
    guard !isDone else { return nil }
    let close = UInt8(ascii: "}")
    let hasMore = try isFirst ? cursor.begins(until: close, in: line) : cursor.continues(until: close, in: line)
    isFirst = false
    isDone = !hasMore
    guard hasMore else { return nil }
    return (try cursor.key(in: line), try cursor.value(in: line, depth: 1))
  }
}
