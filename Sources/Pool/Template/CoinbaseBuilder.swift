import Stratum

/// An output of the coinbase that takes a share of the block's value.
public struct FeeOutput: Sendable, Equatable {
  /// Who is paid, for people: an account name or address.
  public var account: String
  public var script: [UInt8]
  /// Hundredths of a percent of the coinbase value, rounded down to the atomic unit.
  public var basisPoints: UInt32

  public init(account: String, script: [UInt8], basisPoints: UInt32) {
    self.account = account
    self.script = script
    self.basisPoints = basisPoints
  }
}

/// What every coinbase of this pool has in common.
public struct CoinbasePlan: Sendable, Equatable {
  /// Who gets what the fees leave.
  public var poolScript: [UInt8]
  public var fees: [FeeOutput]
  /// Text in the coinbase that names the pool to explorers.
  public var tag: String
  /// 8 bytes chosen at random at start: no work repeats after a restart.
  public var salt: UInt64

  public init(poolScript: [UInt8], fees: [FeeOutput], tag: String = "/ZION/", salt: UInt64) {
    self.poolScript = poolScript
    self.fees = fees
    self.tag = tag
    self.salt = salt
  }
}

/// Why a template and a plan give no valid coinbase.
public enum CoinbaseError: Error, Equatable, Sendable {
  /// The script of the coinbase input would be longer than 100 bytes.
  case scriptTooLong(byteCount: Int)
  /// The fees take more than the whole.
  case feesAboveWhole(basisPoints: UInt64)
  case negativeValue
}

/// Builds the coinbase transaction of a template.
///
/// Input script: height (BIP 34), the node's flags, the pool's tag, and one push of salt ‖ lane ‖ extranonce.
/// Outputs: witness commitment, fees, the pool's own last.
public struct CoinbaseBuilder: Sendable, Codable {
  /// What the outputs pay to others, in order, rounded down; without those that get nothing.
  public let fees: [FeePayment]
  /// What is left for the pool's own address, or whoever is paid instead of it.
  public let poolReward: AtomicUnits

  private let scriptHead: [UInt8]
  private let salt: UInt64
  /// How many outputs there are, and all but the last.
  private let outputs: [UInt8]
  /// Of the last.
  private var payee: [UInt8]
  private let hasWitness: Bool

  public init(template: BlockTemplate, plan: CoinbasePlan) throws(CoinbaseError) {
    let total = plan.fees.reduce(UInt64(0)) { $0 + UInt64($1.basisPoints) }
    guard total <= 10_000 else { throw .feesAboveWhole(basisPoints: total) }
    guard template.coinbaseValue >= .zero else { throw .negativeValue }

    var head: [UInt8] = []
    head.append(scriptNumber: template.height)
    if !template.coinbaseFlags.isEmpty { head.append(push: template.coinbaseFlags) }
    if !plan.tag.isEmpty { head.append(push: Array(plan.tag.utf8)) }
    let longest = head.count + 1 + Self.searchPrefixByteCount + JobTemplate.maximumExtranonceByteCount
    guard longest <= 100 else { throw .scriptTooLong(byteCount: longest) }

    var rest = template.coinbaseValue
    var values: [AtomicUnits] = []
    do {
      for fee in plan.fees {
        let value = try template.coinbaseValue.share(UInt64(fee.basisPoints), of: 10_000)
        rest = try rest.subtracting(value)
        values.append(value)
      }
    } catch {
      throw .negativeValue
    }
    scriptHead = head
    salt = plan.salt
    fees = zip(plan.fees, values).filter { $1 > .zero }.map { FeePayment(account: $0.account, amount: $1) }
    poolReward = rest
    hasWitness = template.witnessCommitment != nil
    outputs = Self.outputs(template: template, plan: plan, fees: values)
    payee = plan.poolScript
  }

  /// The same coinbase, but that what is left is paid to `script`.
  public func paying(_ script: [UInt8]) -> CoinbaseBuilder {
    var other = self
    other.payee = script
    return other
  }

  /// Salt and lane.
  private static let searchPrefixByteCount = 12

  private static func outputs(template: BlockTemplate, plan: CoinbasePlan, fees: [AtomicUnits]) -> [UInt8] {
    var payments: [(value: AtomicUnits, script: [UInt8])] = []
    if let commitment = template.witnessCommitment { payments.append((.zero, commitment)) }
    // An output of nothing is dust that some nodes refuse: leave it out (the value goes nowhere else).
    for (fee, value) in zip(plan.fees, fees) where value > .zero { payments.append((value, fee.script)) }
    var bytes: [UInt8] = []
    bytes.append(compactSize: UInt64(payments.count + 1))
    for payment in payments { append(payment.value, to: payment.script, into: &bytes) }
    return bytes
  }

  private static func append(_ value: AtomicUnits, to script: [UInt8], into bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt64(bitPattern: value.value))
    bytes.append(compactSize: UInt64(script.count))
    bytes += script
  }

  /// The bytes before and after the extranonce, without witness: what stratum calls coinb1 and coinb2.
  /// `nil` when the extranonce is longer than `JobTemplate.maximumExtranonceByteCount`.
  public func halves(lane: UInt32, extranonceByteCount: Int) -> (coinbase1: [UInt8], coinbase2: [UInt8])? {
    guard (0...JobTemplate.maximumExtranonceByteCount).contains(extranonceByteCount) else { return nil }
    let search = Self.searchPrefixByteCount + extranonceByteCount
    var first: [UInt8] = []
    first.append(littleEndian: UInt32(1))
    first.append(1)
    first += [UInt8](repeating: 0, count: 32)
    first.append(littleEndian: UInt32.max)
    first.append(compactSize: UInt64(scriptHead.count + 1 + search))
    first += scriptHead
    first.append(UInt8(search))
    first.append(littleEndian: salt)
    first.append(littleEndian: lane.byteSwapped)
    var second: [UInt8] = []
    second.append(littleEndian: UInt32.max)
    second += outputs
    Self.append(poolReward, to: payee, into: &second)
    second.append(littleEndian: UInt32(0))
    return (first, second)
  }

  /// The coinbase as it goes into the block: with the witness reserved value (32 zero bytes) where the template has
  /// a commitment, so that the block is whole for nodes that do not add it themselves.
  func transaction(lane: UInt32, extranonce: Extranonce) -> [UInt8]? {
    guard let (first, second) = halves(lane: lane, extranonceByteCount: extranonce.count) else { return nil }
    guard hasWitness else { return first + extranonce.bytes + second }
    let lockTime = second.suffix(4)
    var bytes = Array(first.prefix(4)) + [0, 1]
    bytes += first.dropFirst(4)
    bytes += extranonce.bytes
    bytes += second.dropLast(4)
    bytes += [1, 32] + [UInt8](repeating: 0, count: 32)
    bytes += lockTime
    return bytes
  }
}
