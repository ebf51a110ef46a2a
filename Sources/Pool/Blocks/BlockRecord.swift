import Stratum

/// A block that was just found, complete, on its way to the nodes.
public struct FoundBlock: Sendable, Equatable {
  /// Serialised, ready for `submitblock`.
  public var bytes: [UInt8]
  /// The block's name on the chain: double SHA-256 of the header, or KawPow's final hash.
  public var hash: Hash256
  public var height: UInt32
  public var finder: MinerIdentity
  public var algorithm: Algorithm
  /// The expected number of hashes that the network asks for this block.
  public var networkWork: ShareWork
  /// What the coinbase pays to the pool's own address, the pot that miners share; or to the finder (`paysFinder`).
  public var reward: AtomicUnits
  public var foundAt: UnixTime
  /// The proof-of-work hash of the share that found it: its place in the order of shares.
  public var shareHash: Hash256?
  /// What the coinbase pays to others.
  public var fees: [FeePayment] = []
  /// The coinbase pays `reward` to the finder, not to the pool (SOLO).
  public var paysFinder = false

  public init(
    bytes: [UInt8], hash: Hash256, height: UInt32, finder: MinerIdentity, algorithm: Algorithm,
    networkWork: ShareWork, reward: AtomicUnits, foundAt: UnixTime
  ) {
    self.bytes = bytes
    self.hash = hash
    self.height = height
    self.finder = finder
    self.algorithm = algorithm
    self.networkWork = networkWork
    self.reward = reward
    self.foundAt = foundAt
  }
}

/// What is known of a found block: what the ledger books and the API shows.
public struct BlockRecord: Sendable, Equatable {
  /// The block's name on the chain, as in `FoundBlock`.
  public var hash: Hash256
  public var height: UInt32
  public var finder: MinerIdentity
  public var algorithm: Algorithm
  public var networkWork: ShareWork
  /// What the coinbase pays to the pool's own address, or to the finder.
  public var reward: AtomicUnits
  public var state: BlockState
  public var foundAt: UnixTime
  public var updatedAt: UnixTime
  /// As in `FoundBlock`.
  public var shareHash: Hash256?
  /// What the coinbase pays to others.
  public var fees: [FeePayment] = []
  /// As in `FoundBlock`.
  public var paysFinder = false

  public init(
    hash: Hash256, height: UInt32, finder: MinerIdentity, algorithm: Algorithm, networkWork: ShareWork,
    reward: AtomicUnits, state: BlockState, foundAt: UnixTime, updatedAt: UnixTime
  ) {
    self.hash = hash
    self.height = height
    self.finder = finder
    self.algorithm = algorithm
    self.networkWork = networkWork
    self.reward = reward
    self.state = state
    self.foundAt = foundAt
    self.updatedAt = updatedAt
  }

  public init(_ block: FoundBlock) {
    self.init(
      hash: block.hash, height: block.height, finder: block.finder, algorithm: block.algorithm,
      networkWork: block.networkWork, reward: block.reward, state: .found, foundAt: block.foundAt,
      updatedAt: block.foundAt)
    shareHash = block.shareHash
    fees = block.fees
    paysFinder = block.paysFinder
  }
}
