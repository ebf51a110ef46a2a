import Hashing
import Stratum

/// A job as it came over the wire, with what was in force when it came. Headers are built here from the wire's own
/// words, apart from the code under test.
public struct MinerJob: Sendable {
  public let id: String
  /// The block below, in display order.
  public let previousBlock: String
  public let coinbase1: [UInt8]
  public let coinbase2: [UInt8]
  public let clean: Bool
  public var extranonce1: [UInt8] = []
  public var extranonce2ByteCount = 4
  public var difficulty = 1.0
  public var versionMask: UInt32 = 0
  public var receivedAt = ContinuousClock.now

  let previousBytes: [UInt8]
  let branches: [[UInt8]]
  let version: UInt32
  public let nBits: UInt32
  let nTime: UInt32

  /// From the parameters of `mining.notify`; `nil` when they are not a job.
  public init?(notify parameters: JSON) {
    guard let id = parameters[0].string, let swapped = bytes(parameters[1]), swapped.count == 32,
      let coinbase1 = bytes(parameters[2]), let coinbase2 = bytes(parameters[3]),
      let version = word(parameters[5]), let nBits = word(parameters[6]), let nTime = word(parameters[7]),
      let clean = parameters[8].bool
    else { return nil }
    let branches = parameters[4].array.compactMap(bytes)
    guard branches.count == parameters[4].array.count, branches.allSatisfy({ $0.count == 32 }) else { return nil }
    self.id = id
    self.coinbase1 = coinbase1
    self.coinbase2 = coinbase2
    self.clean = clean
    self.branches = branches
    self.version = version
    self.nBits = nBits
    self.nTime = nTime
    // Each word of four bytes is reversed on the wire.
    previousBytes = stride(from: 0, to: 32, by: 4).flatMap { swapped[$0..<($0 + 4)].reversed() }
    previousBlock = Hex.encode(previousBytes.reversed())
  }

  /// Whether the coinbase contains these bytes outside of the extranonces.
  public func coinbaseContains(_ needle: [UInt8]) -> Bool {
    [coinbase1, coinbase2].contains { part in
      part.indices.contains { part[$0...].starts(with: needle) }
    }
  }

  /// The 80 bytes of the header, with a nonce of zero.
  func header(extranonce2: [UInt8], rolledBits: UInt32) -> [UInt8] {
    let kernels = Kernels()
    var root = (coinbase1 + extranonce1 + extranonce2 + coinbase2).withUnsafeBytes { kernels.sha256d($0).bytes }
    for branch in branches { root = (root + branch).withUnsafeBytes { kernels.sha256d($0).bytes } }
    let rolled = version & ~versionMask | rolledBits & versionMask
    return littleEndian(rolled) + previousBytes + root + littleEndian(nTime) + littleEndian(nBits) + [0, 0, 0, 0]
  }

  /// The hash that a submission for this job stands for.
  func hash(algorithm: Algorithm, extranonce2: [UInt8], nTime: UInt32, nonce: UInt32, rolledBits: UInt32?) -> Hash256 {
    var header = header(extranonce2: extranonce2, rolledBits: rolledBits ?? version)
    header.replaceSubrange(68..<72, with: littleEndian(nTime))
    header.replaceSubrange(76..<80, with: littleEndian(nonce))
    return header.withUnsafeBytes { Kernels().proofOfWork(algorithm, header: $0) }
  }
}

private func bytes(_ value: JSON) -> [UInt8]? { value.string.flatMap { Hex.decode($0) } }

private func word(_ value: JSON) -> UInt32? {
  value.string.flatMap { $0.count == 8 ? UInt32($0, radix: 16) : nil }
}

private func littleEndian(_ word: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
}

/// A search for one share of one job, in slices.
struct ShareSearch: Sendable {
  let job: Int
  let extranonce2: [UInt8]
  let rolledBits: UInt32
  private(set) var nonce: UInt32 = 0
  private var header: [UInt8]
  private let target: Target
  private let algorithm: Algorithm

  init(_ job: MinerJob, index: Int, algorithm: Algorithm, extranonce2: [UInt8], rolledBits: UInt32) {
    self.job = index
    self.algorithm = algorithm
    self.extranonce2 = extranonce2
    self.rolledBits = rolledBits & job.versionMask
    header = job.header(extranonce2: extranonce2, rolledBits: rolledBits)
    target = Difficulty(clamping: job.difficulty).target(for: algorithm)
  }

  /// Whether it searches the same headers, from whichever nonce on.
  func isSame(as other: ShareSearch) -> Bool {
    job == other.job && extranonce2 == other.extranonce2 && rolledBits == other.rolledBits
  }

  /// The hash of the next share within `count` nonces, which then is `nonce`; `nil` when there is none.
  mutating func next(within count: Int) -> Hash256? {
    let kernels = Kernels()
    for _ in 0..<count {
      nonce &+= 1
      header.withUnsafeMutableBytes { $0.storeBytes(of: nonce.littleEndian, toByteOffset: 76, as: UInt32.self) }
      let hash = header.withUnsafeBytes { kernels.proofOfWork(algorithm, header: $0) }
      if target.isMet(by: hash) { return hash }
    }
    return nil
  }
}
