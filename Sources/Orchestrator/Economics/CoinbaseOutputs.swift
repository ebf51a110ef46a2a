import Stratum

/// What a coinbase transaction pays, read from a job as it came over the wire: untrusted bytes, checked one by one.
///
/// Source: Bitcoin developer reference, "Coinbase input" and "Raw transaction format"; BIP 144 for the segwit form.
public struct CoinbaseOutputs: Sendable, Equatable {
  public struct Output: Sendable, Equatable {
    /// Atomic units.
    public var value: AtomicUnits
    public var script: [UInt8]

    /// Begins with OP_RETURN: nobody can spend it.
    public var isData: Bool { script.first == 0x6a }
  }

  public var outputs: [Output]

  /// More than any coin has.
  static let outputLimit = 4_096
  static let scriptByteLimit = 10_000

  public enum Malformed: Error, Equatable, Sendable, CustomStringConvertible {
    case endsEarly
    case notOneInput
    case scriptTooLong
    case noOutputs
    case tooManyOutputs
    case valueOutOfRange
    /// Most likely the extranonce has another length than was said.
    case bytesLeftOver(Int)

    public var description: String {
      switch self {
      case .endsEarly: "the coinbase ends early"
      case .notOneInput: "the coinbase has not exactly one input"
      case .scriptTooLong: "a script of the coinbase is too long"
      case .noOutputs: "the coinbase has no outputs"
      case .tooManyOutputs: "the coinbase has more than \(CoinbaseOutputs.outputLimit) outputs"
      case .valueOutOfRange: "an output of the coinbase has no possible value"
      case .bytesLeftOver(let count): "the coinbase goes on for \(count) bytes after its end"
      }
    }
  }

  /// `coinbase1 ‖ extranonce ‖ coinbase2`, whose extranonce is `extranonceByteCount` bytes of anything.
  public init(_ work: BitcoinWork, extranonceByteCount: Int) throws(Malformed) {
    let extranonce = [UInt8](repeating: 0, count: max(0, min(extranonceByteCount, 256)))
    try self.init(transaction: work.coinbase1 + extranonce + work.coinbase2)
  }

  public init(transaction bytes: [UInt8]) throws(Malformed) {
    var reader = TransactionReader(bytes)
    let version = try reader.number(byteCount: 4)
    var inputs = try reader.count()
    // A marker of 0 and a flag of 1 stand where a segwit transaction would have no inputs.
    let isSegwit = inputs == 0
    if isSegwit {
      guard try reader.number(byteCount: 1) == 1 else { throw .notOneInput }
      inputs = try reader.count()
    }
    guard inputs == 1 else { throw .notOneInput }
    try reader.skip(36)
    _ = try reader.script()
    try reader.skip(4)
    let count = try reader.count()
    guard count > 0 else { throw .noOutputs }
    guard count <= UInt64(Self.outputLimit) else { throw .tooManyOutputs }
    outputs = []
    for _ in 0..<count {
      guard let value = Int64(exactly: try reader.number(byteCount: 8)) else { throw .valueOutOfRange }
      outputs.append(Output(value: AtomicUnits(value), script: try reader.script()))
    }
    if isSegwit {
      for _ in 0..<min(try reader.count(), 16) { _ = try reader.script() }
    }
    try reader.skip(4)
    // Dash and its like have a payload behind the lock time, and say so in the upper half of the version.
    if version >> 16 != 0, reader.left > 0 { _ = try reader.script() }
    guard reader.left == 0 else { throw .bytesLeftOver(reader.left) }
  }

  /// What goes to the pool's miners: all but what can be spent by nobody, and what goes to `others`.
  /// - Parameter others: scripts of outputs that are not the miners', such as those of a chain's own funds.
  /// - Throws: `.valueOutOfRange` when the sum is beyond 63 bits.
  public func reward(without others: Set<[UInt8]> = []) throws(Malformed) -> AtomicUnits {
    var sum = AtomicUnits.zero
    for output in outputs where !output.isData && !others.contains(output.script) {
      do throws(AtomicUnits.Overflow) {
        sum = try sum.adding(output.value)
      } catch {
        throw .valueOutOfRange
      }
    }
    return sum
  }
}

/// Reads little-endian numbers, counts and scripts, and never beyond the end.
private struct TransactionReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var left: Int { bytes.count - position }

  mutating func skip(_ count: Int) throws(CoinbaseOutputs.Malformed) {
    guard count <= left else { throw .endsEarly }
    position += count
  }

  /// - Parameter byteCount: 1 to 8.
  mutating func number(byteCount: Int) throws(CoinbaseOutputs.Malformed) -> UInt64 {
    guard byteCount <= left else { throw .endsEarly }
    let number = bytes[position..<position + byteCount].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    position += byteCount
    return number
  }

  /// A CompactSize.
  mutating func count() throws(CoinbaseOutputs.Malformed) -> UInt64 {
    switch try number(byteCount: 1) {
    case 0xfd: try number(byteCount: 2)
    case 0xfe: try number(byteCount: 4)
    case 0xff: try number(byteCount: 8)
    case let small: small
    }
  }

  mutating func script() throws(CoinbaseOutputs.Malformed) -> [UInt8] {
    let size = try count()
    guard size <= UInt64(CoinbaseOutputs.scriptByteLimit) else { throw .scriptTooLong }
    guard size <= UInt64(left) else { throw .endsEarly }
    let start = position
    position += Int(size)
    return Array(bytes[start..<position])
  }
}
