import Foundation
import Stratum
import Synchronization
import TestSupport

@testable import Pool

/// Levels that a test sets, and what the settlement told them.
final class TestLevels: MinerLevels {
  let multipliers = Mutex<[String: UInt32]>([:])
  let told = Mutex<[String]>([])

  func multipliers(of accounts: [String], _ sql: any SQL) throws -> [String: UInt32] {
    multipliers.withLock { all in all.filter { accounts.contains($0.key) } }
  }
  func booked(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {
    told.withLock { $0.append("booked \(block.height)") }
  }
  func reversed(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {
    told.withLock { $0.append("reversed \(block.height)") }
  }
}

/// A pool with its database, whose pages hold four shares.
struct TestPool {
  static let pageBits: Int64 = 2
  static let nBits: UInt32 = 0x1e00_ffff

  let database: any Pool.Database
  let store: PoolStore
  let levels = TestLevels()
  var rules: RewardRules
  private(set) var shares: [NumberedShare] = []

  init(_ backend: Backend, in folder: TemporaryFolder, rules: RewardRules = TestPool.rules()) async throws {
    try self.init(database: await backend.database(in: folder), rules: rules)
  }

  init(database: any Pool.Database, rules: RewardRules = TestPool.rules()) throws {
    self.database = database
    self.rules = rules
    store = PoolStore(pool: "zion", database: database, pageBits: Self.pageBits)
  }

  static func rules(_ scheme: RewardScheme = .pplns, bonus: Int64 = 1_000) -> RewardRules {
    RewardRules(scheme: scheme, bonusPerBlock: AtomicUnits(bonus))
  }

  /// Less than one part in 100,000 below what nBits says, so that hundredths of it are whole hashes.
  static var networkWork: ShareWork { ShareWork(hashes: hundredth(of: nBits) * 100) }

  private static func hundredth(of nBits: UInt32) -> UInt128 {
    (NetworkReader.work(nBits: nBits) ?? .zero).hashes / 100
  }

  var settlement: BlockSettlement {
    BlockSettlement(pool: "zion", database: database, rules: rules, levels: levels, pageBits: Self.pageBits)
  }

  var freeze: BlockFreeze {
    BlockFreeze(pool: "zion", rules: rules, levels: levels, pageBits: Self.pageBits)
  }

  static func share(
    _ number: Int, _ account: String, hundredths: UInt64, algorithm: Algorithm = .sha256d, nBits: UInt32 = nBits,
    isBlock: Bool = false
  ) -> NumberedShare {
    var share = ShareRecord.numbered(UInt32(number), account: account)
    share.algorithm = algorithm
    share.nBits = nBits
    share.work = ShareWork(hashes: hundredth(of: nBits) * UInt128(hundredths))
    share.isBlock = isBlock
    return NumberedShare(sequence: UInt64(number), share: share)
  }

  /// Puts shares into the database, each worth so many hundredths of a block.
  mutating func mine(_ works: (String, UInt64)..., isBlock: Bool = false) async throws {
    let first = shares.count + 1
    let new = works.enumerated().map { index, work in
      Self.share(first + index, work.0, hundredths: work.1, isBlock: isBlock && index == works.count - 1)
    }
    try await insert(new)
  }

  mutating func insert(_ new: [NumberedShare]) async throws {
    shares += new
    try await store.insert(new, upTo: JournalPosition(segment: 1, offset: shares.count))
  }

  static func block(
    _ height: UInt32, share: NumberedShare?, finder: String = "a", reward: Int64 = 1_000_000, state: BlockState
  ) -> BlockRecord {
    var block = BlockRecord(
      hash: Hash256(number: UInt256(9, 0, 0, UInt64(height))), height: height,
      finder: MinerIdentity(account: finder, worker: "rig"), algorithm: share?.share.algorithm ?? .sha256d,
      networkWork: networkWork, reward: AtomicUnits(reward), state: state,
      foundAt: testTime.advanced(by: Int64(height)), updatedAt: testTime)
    block.shareHash = share?.share.hash
    block.fees = [FeePayment(account: "pool", amount: AtomicUnits(777))]
    return block
  }

  /// Finds a block with the last share.
  @discardableResult
  func find(
    _ height: UInt32, counts: Bool = true, finder: String = "a", reward: Int64 = 1_000_000,
    state: BlockState = .immature(confirmations: 1), paysFinder: Bool? = nil
  ) async throws -> BlockRecord {
    var block = Self.block(
      height, share: counts ? shares.last : nil, finder: finder, reward: reward, state: state)
    block.paysFinder = paysFinder ?? (rules.scheme == .solo)
    try await store.save(block)
    return block
  }

  /// The chain's word, and what follows from it.
  @discardableResult
  func chain(says state: BlockState, of block: BlockRecord) async throws -> BookingOutcome {
    var block = block
    block.state = state
    try await store.save(block)
    return try await settlement.book(block.hash, at: testTime)
  }

  @discardableResult
  func split(_ block: BlockRecord, journalIsDrained: Bool = true) async throws -> FreezeOutcome {
    try await settlement.freeze(block.hash, journalIsDrained: journalIsDrained, at: testTime)
  }

  func report(_ block: BlockRecord) async throws -> BlockStatement {
    try await database.read { sql in try BlockStatement.of(block.hash, pool: "zion", sql) }
  }

  func fund(_ amount: Int64) async throws {
    try await database.write { sql in try BonusFund.open(with: AtomicUnits(amount), at: testTime, sql) }
  }

  func miner(_ address: String) async throws -> MinerBalance {
    try await database.read { sql in try Balances.miner(address, sql) }
  }

  func isSound() async throws -> Bool {
    guard try await database.isBalanced() else { return false }
    return try await AuditVerifier(database: database).verify().fault == nil
  }
}
