import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct LedgerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("ledger") }

  private static let everyAccount: [Account] = [
    .wallet, .coinbase, .reward(Hash256(number: UInt256(77))), .miner("ZION_A"), .fee("pool"), .bonusFund, .bonusSource,
    .remainder, .reserve, .networkFees, .payout("b-1"), .miner("with:colon"),
  ]

  @Test func `an account is its name`() {
    for account in Self.everyAccount { #expect(Account(name: account.name) == account) }
    #expect(Set(Self.everyAccount.map(\.name)).count == Self.everyAccount.count)
    for wrong in ["", "walle", "reward:77", "miner", "other:x"] { #expect(Account(name: wrong) == nil) }
  }

  @Test(arguments: Backend.allCases)
  func `a transfer moves money, and all balances sum to zero`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    #expect(try await database.post(.numbered(1, 700), .numbered(2, from: .miner("a"), to: .payout("b"), 300)) == 2)
    #expect(try await database.balance(.wallet) == -700)
    #expect(try await database.balance(.miner("a")) == 400)
    #expect(try await database.balance(.payout("b")) == 300)
    #expect(try await database.balance(.miner("nobody")) == 0)
    #expect(try await database.isBalanced())
    let all = try await database.read { sql in try Balances.all(sql) }
    #expect(all.map(\.name) == ["miner:a", "payout:b", "wallet"])
    #expect(all.map(\.balance.value) == [400, 300, -700])
    let rest = try await database.read { sql in try Balances.all(after: "miner:a", limit: 1, sql) }
    #expect(rest.map(\.name) == ["payout:b"])
  }

  @Test(arguments: Backend.allCases)
  func `the same transfer again is not posted again, whenever and in whichever company`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    #expect(try await database.post(.numbered(1), .numbered(2), .numbered(1)) == 2)
    var later = Transfer.numbered(2)
    later.at = testTime.advanced(by: 1)
    #expect(try await database.post(later, .numbered(3), .numbered(1)) == 1)
    #expect(try await database.balance(.miner("a")) == 300)
    let stored = try await database.read { sql in try Ledger.transfers(of: "r", sql) }
    #expect(stored == [.numbered(1), .numbered(2), .numbered(3)])
  }

  @Test(arguments: Backend.allCases)
  func `an id that was used for something else is an error, and nothing is posted`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    _ = try await database.post(.numbered(1))
    let others: [Transfer] = [
      .numbered(1, 101), .numbered(1, to: .miner("b")), .numbered(1, from: .coinbase), .numbered(1, kind: .bonus),
      .numbered(1, reference: "other"),
    ]
    for other in others {
      await #expect(throws: LedgerError.otherContent(posted: .numbered(1), given: other)) {
        try await database.post(.numbered(9), other)
      }
    }
    await #expect(throws: LedgerError.otherContent(posted: .numbered(5), given: .numbered(5, 7))) {
      try await database.post(.numbered(5), .numbered(5, 7))
    }
    #expect(try await database.balance(.miner("a")) == 100)
    #expect(try await database.read { sql in try AuditLog.head(sql).sequence } == 1)
  }

  @Test(arguments: [0, -5, 1 << 62, Int64.max], Backend.allCases)
  func `an amount that is none is refused`(amount: Int64, backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    await #expect(throws: LedgerError.amountOutOfRange(.numbered(1, amount))) {
      try await database.post(.numbered(2), .numbered(1, amount))
    }
    #expect(try await database.balance(.wallet) == 0)
  }

  @Test(arguments: Backend.allCases)
  func `nobody pays himself`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    let circle = Transfer.numbered(1, from: .miner("a"), to: .miner("a"))
    await #expect(throws: LedgerError.sameAccount(circle)) { try await database.post(circle) }
  }

  @Test(arguments: [Account.miner("a"), .payout("b"), .bonusFund, .reserve], Backend.allCases)
  func `no account gives what it does not hold`(account: Account, backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    _ = try await database.post(.numbered(1, to: account, 50))
    let tooMuch = Transfer.numbered(3, from: account, to: .remainder, 31, kind: .payout)
    await #expect(throws: LedgerError.insufficient(tooMuch, holds: AtomicUnits(30))) {
      try await database.post(.numbered(2, from: account, to: .remainder, 20, kind: .payout), tooMuch)
    }
    #expect(try await database.balance(account) == 50)
    // What comes in before it goes out may be spent.
    #expect(try await database.post(.numbered(2, to: account, 1), .numbered(4, from: account, to: .remainder, 51)) == 2)
    #expect(try await database.balance(account) == 0)
  }

  @Test(arguments: [Account.miner("a"), .reserve], Backend.allCases)
  func `a reversal may leave a debt, which the next credits pay before anything else`(
    account: Account, backend: Backend
  ) async throws {
    let database = try await backend.database(in: folder)
    _ = try await database.post(.numbered(1, from: account, to: .wallet, 40, kind: .reversal))
    #expect(try await database.balance(account) == -40)
    _ = try await database.post(.numbered(2, to: account, 50))
    let tooMuch = Transfer.numbered(3, from: account, to: .payout("b"), 11, kind: .payout)
    await #expect(throws: LedgerError.insufficient(tooMuch, holds: AtomicUnits(10))) {
      try await database.post(tooMuch)
    }
    #expect(try await database.isBalanced())
  }

  @Test(arguments: Backend.allCases)
  func `the database itself keeps minimums and refuses to change the past`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    _ = try await database.post(.numbered(1, to: .payout("b")))
    let forbidden = [
      "UPDATE accounts SET balance = -1 WHERE name = 'payout:b'", "UPDATE transfers SET amount = 1",
      "DELETE FROM transfers", "UPDATE audit SET at = 0", "DELETE FROM audit",
      "INSERT INTO transfers (sequence, id, debit, credit, amount, kind, reference, at) "
        + "VALUES (7, 'x', 'wallet', 'payout:b', 1, 'base', '', 0)",
    ]
    for statement in forbidden {
      let error = await #expect(throws: StoreError.self) { try await database.write { sql in try sql.run(statement) } }
      guard case .refused = error else {
        Issue.record("\(statement): \(String(describing: error))")
        continue
      }
    }
    #expect(try await database.isBalanced())
  }

  @Test(arguments: Backend.allCases)
  func `the transfers of a great block are posted as one`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    let reward = Account.reward(Hash256(number: UInt256(1)))
    let lines = (1...10_000).map { Transfer.numbered($0, from: reward, to: .miner("m\($0)"), Int64($0)) }
    let whole = lines.reduce(0) { $0 + $1.amount.value }
    let block = [.numbered(0, to: reward, whole, kind: .reward)] + lines
    for expected in [10_001, 0] {
      #expect(try await database.write { sql in try Ledger.post(block, sql) } == expected)
    }
    #expect(try await database.balance(reward) == 0)
    #expect(try await database.balance(.miner("m777")) == 777)
    #expect(try await database.isBalanced())
    let report = try await AuditVerifier(database: database).verify()
    #expect(report.fault == nil)
    #expect(report.transfers == 10_001)
  }

  @Test(arguments: Backend.allCases)
  func `the bonus fund is opened once`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    for second in 0..<2 {
      try await database.write { sql in
        try BonusFund.open(with: BonusFund.standardAmount, at: testTime.advanced(by: Int64(second)), sql)
      }
    }
    #expect(try await database.balance(.bonusFund) == 8_250_000_000_000_000)
    await #expect(throws: LedgerError.self) {
      try await database.write { sql in try BonusFund.open(with: AtomicUnits(1), at: testTime, sql) }
    }
    _ = try await database.post(.deposit(AtomicUnits(9), to: .bonusSource, id: "txid", at: testTime))
    #expect(try await database.balance(.bonusSource) == -8_249_999_999_999_991)
    #expect(try await database.balance(.wallet) == -9)
  }

  @Test(arguments: Backend.allCases)
  func `a miner's payments are underway until their batch is settled`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    _ = try await database.post(
      .numbered(1, 1_000), .numbered(2, to: .miner("b"), 500),
      .numbered(3, from: .miner("a"), to: .payout("x"), 300, kind: .payout),
      .numbered(4, from: .miner("b"), to: .payout("x"), 200, kind: .payout),
      .numbered(5, from: .miner("a"), to: .payout("y"), 50, kind: .payout),
      .numbered(6, from: .payout("y"), to: .miner("a"), 50, kind: .release))
    let miner = { () async throws -> MinerBalance in
      try await database.read { sql in try Balances.miner("a", sql) }
    }
    #expect(
      try await miner()
        == MinerBalance(confirmed: AtomicUnits(700), immature: .zero, paid: .zero, underway: AtomicUnits(300)))
    _ = try await database.post(
      .numbered(7, from: .payout("x"), to: .wallet, 490, kind: .settlement),
      .numbered(8, from: .payout("x"), to: .networkFees, 10, kind: .networkFee),
      .numbered(9, from: .networkFees, to: .wallet, 10, kind: .settlement))
    #expect(
      try await miner()
        == MinerBalance(confirmed: AtomicUnits(700), immature: .zero, paid: AtomicUnits(300), underway: .zero))
  }
}
