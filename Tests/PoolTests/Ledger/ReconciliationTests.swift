import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct ReconciliationTests {
  let folder: TemporaryFolder
  private let txid = Hash256(number: UInt256(5))

  init() throws { folder = try TemporaryFolder("reconciliation") }

  /// A block of 1,000,000 that is booked, one of 400,000 that is not, and a batch of 300,000 that is reserved.
  private func pool(_ backend: Backend) async throws -> TestPool {
    var pool = try await TestPool(backend, in: folder)
    try await pool.fund(50_000)
    try await pool.mine(("a", 200), isBlock: true)
    let block = try await pool.find(1)
    try await pool.split(block)
    try await pool.chain(says: .mature, of: block)
    try await pool.split(try await pool.find(2, reward: 400_000))
    _ = try await pool.database.post(
      .numbered(1, from: .miner("a"), to: .payout("b-1"), 300_000, kind: .payout, reference: "b-1"))
    return pool
  }

  private func settle(_ pool: TestPool) async throws {
    _ = try await pool.database.post(
      .numbered(2, from: .payout("b-1"), to: .networkFees, 1_000, kind: .networkFee, reference: "b-1"),
      .numbered(3, from: .networkFees, to: .wallet, 1_000, kind: .settlement, reference: "b-1"),
      .numbered(4, from: .payout("b-1"), to: .wallet, 299_000, kind: .settlement, reference: "b-1"))
  }

  private func reconcile(
    _ pool: TestPool, _ spendable: Int64, _ immature: Int64 = 400_000, _ status: TransactionStatus? = nil,
    amount: Int64 = 300_000
  ) async throws -> Reconciliation {
    let payments = status.map {
      [WalletReading.Payment(batch: "b-1", txid: txid, amount: AtomicUnits(amount), status: $0)]
    }
    let reading = WalletReading(
      spendable: AtomicUnits(spendable), immature: AtomicUnits(immature), payments: payments ?? [])
    return try await pool.database.read { sql in try Reconciliation(with: reading, sql) }
  }

  private var confirmed: TransactionStatus { .confirmed(confirmations: 3, block: .zero) }

  @Test(arguments: Backend.allCases)
  func `a payment is in order before it leaves, on its way and when it has settled`(backend: Backend) async throws {
    let pool = try await pool(backend)
    let before = try await reconcile(pool, 1_000_000)
    #expect(before.differences == [])
    #expect(before.expected == AtomicUnits(1_400_000))
    #expect(before.owed == AtomicUnits(1_001_000))
    #expect(before.unfundedBonus == AtomicUnits(1_000))
    #expect(before.uncovered == AtomicUnits(1_000))
    #expect(try await reconcile(pool, 1_000_000, 400_000, .unknown).isInOrder)
    for status in [TransactionStatus.mempool, confirmed] {
      let underway = try await reconcile(pool, 700_000, 400_000, status)
      #expect(underway.differences == [])
      #expect(underway.underway == AtomicUnits(300_000))
    }
    try await settle(pool)
    let settled = try await reconcile(pool, 700_000, 400_000, confirmed)
    #expect(settled.differences == [])
    #expect(settled.underway == .zero)
    // The wallet calls the block mature before the pool does.
    #expect(try await reconcile(pool, 1_100_000, 0, confirmed).isInOrder)
  }

  @Test(arguments: Backend.allCases)
  func `what does not agree is said`(backend: Backend) async throws {
    let pool = try await pool(backend)
    let short = Reconciliation.Difference.wallet(expected: AtomicUnits(1_400_000), held: AtomicUnits(1_399_999))
    #expect(try await reconcile(pool, 999_999).differences == [short])
    try await settle(pool)
    let gone = try await reconcile(pool, 700_000, 400_000, .unknown)
    #expect(gone.differences == [.settledWithoutPayment(batch: "b-1", settled: AtomicUnits(300_000), txid: txid)])
    let other = try await reconcile(pool, 700_000, 400_000, confirmed, amount: 300_005)
    #expect(
      other.differences == [
        .amount(batch: "b-1", settled: AtomicUnits(300_000), paid: AtomicUnits(300_005), txid: txid)
      ])
    let unknown = try await reconcile(pool, 700_000, 400_000, nil)
    #expect(unknown.differences == [.settledWithoutTransaction(batch: "b-1", settled: AtomicUnits(300_000))])
    let twice = try await reconcile(pool, 400_000, 400_000, confirmed)
    #expect(
      twice.differences == [.wallet(expected: AtomicUnits(1_100_000), held: AtomicUnits(800_000))])
    _ = try await pool.database.write { sql in
      try sql.run("UPDATE accounts SET balance = balance + 7 WHERE name = 'miner:a'")
    }
    #expect(try await reconcile(pool, 700_000, 400_000, confirmed).differences == [.imbalance(AtomicUnits(7))])
    #expect(!short.description.isEmpty)
  }
}
