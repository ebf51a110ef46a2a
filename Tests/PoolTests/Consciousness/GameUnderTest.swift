import Stratum
import Synchronization
import TestSupport

@testable import Pool

/// The consciousness game over a database of its own. What is put into the database is also kept as facts, in the
/// simplest way.
final class GameUnderTest: Sendable {
  let store: PoolStore
  private let folder: TemporaryFolder
  private let memory = Mutex(Memory())

  private struct Memory {
    var facts: [String: MinerFacts] = [:]
    var shares: UInt32 = 0
    var blocks: UInt32 = 0
  }

  var database: any Pool.Database { store.database }
  var facts: [String: MinerFacts] { memory.withLock { $0.facts } }

  init(_ backend: Backend) async throws {
    folder = try TemporaryFolder("consciousness")
    store = try await backend.store(in: folder)
  }

  /// One share for each, worth so many reference shares, on a day after `testTime`'s.
  func work(_ parts: [(account: String, algorithm: Algorithm, references: UInt128, day: Int)]) async throws {
    let shares = memory.withLock { memory in
      parts.map { part in
        memory.shares += 1
        var share = ShareRecord.numbered(
          memory.shares, account: part.account, worker: memory.shares.isMultiple(of: 2) ? "a" : "b")
        share.algorithm = part.algorithm
        share.work = ShareWork(hashes: part.algorithm.referenceWork.hashes * part.references)
        share.time += UInt64(part.day) * 86_400_000
        let day = UTCDay(UnixTime(seconds: UInt32(share.time / 1_000)))
        memory.facts[part.account, default: MinerFacts()].work[part.algorithm, default: .zero] += share.work
        memory.facts[part.account, default: MinerFacts()].days.insert(day)
        return NumberedShare(sequence: UInt64(memory.shares), share: share)
      }
    }
    try await store.insert(shares, upTo: JournalPosition(segment: 1, offset: Int(shares.last?.sequence ?? 0)))
  }

  func work(_ account: String, references: UInt128, algorithm: Algorithm = .sha256d, day: Int = 0) async throws {
    try await work([(account, algorithm, references, day)])
  }

  /// A new block of this account.
  func find(_ account: String, _ state: BlockState = .immature(confirmations: 1)) async throws -> BlockRecord {
    let number = memory.withLock { memory in
      memory.blocks += 1
      return memory.blocks
    }
    let block = BlockRecord(
      hash: Hash256(number: UInt256(UInt64(number))), height: number,
      finder: MinerIdentity(account: account, worker: ""), algorithm: .sha256d,
      networkWork: ShareWork(hashes: 1), reward: AtomicUnits(1), state: state, foundAt: testTime, updatedAt: testTime)
    try await store.save(block)
    return block
  }

  func change(_ block: BlockRecord, to state: BlockState) async throws {
    var block = block
    block.state = state
    try await store.save(block)
  }

  func keeper(at now: UnixTime = testTime) -> ConsciousnessKeeper {
    ConsciousnessKeeper(database: database, now: { now }, log: quiet)
  }

  func profile(_ account: String) async throws -> Profile? {
    try await database.read { try ConsciousnessStore.profile(of: account, today: UTCDay(testTime), $0) }
  }

  func history(_ account: String) async throws -> [LevelStep] {
    try await database.read { try ConsciousnessStore.history(of: account, $0) }
  }

  func leaderboard(_ limit: Int) async throws -> [LeaderboardEntry] {
    try await database.read { try ConsciousnessStore.leaderboard(limit: limit, $0) }
  }

  func multipliers(_ accounts: [String]) async throws -> [String: UInt32] {
    try await database.read { try ConsciousnessStore.multipliers(of: accounts, $0) }
  }

  /// Rows of everything that the game stores.
  func rowCounts() async throws -> [Int64] {
    try await database.read { sql in
      try ["profiles", "level_history", "credentials", "profile_progress", "owners", "rollups"].map {
        try sql.run("SELECT count(*) FROM \($0)").rows[0].integer(0)
      }
    }
  }

  /// All that is stored of profiles, as text.
  func stored() async throws -> [String] {
    try await database.read { sql in
      try (sql.run("SELECT * FROM profiles").rows + sql.run("SELECT * FROM level_history").rows).map { "\($0)" }
        .sorted()
    }
  }
}
