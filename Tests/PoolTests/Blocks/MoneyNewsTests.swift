import Logging
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

@Suite struct MoneyNewsTests {
  /// What was told, in order.
  private final class Heard: Sendable {
    private let bodies = Mutex<[EventBody]>([])

    var news: MoneyNews {
      MoneyNews(
        pool: "zion", coin: .zion, maturity: 10, sourceName: { "zion:\($0.rawValue)" },
        sink: EventSink { [self] body in bodies.withLock { $0.append(body) } })
    }

    func take() -> [EventBody] {
      bodies.withLock { bodies in
        defer { bodies = [] }
        return bodies
      }
    }
  }

  private static func block(_ state: BlockState) -> BlockRecord {
    BlockRecord(
      hash: Sample.hash(0xff), height: 12, finder: MinerIdentity(account: "alice", worker: "rig1"),
      algorithm: .sha256d, networkWork: ShareWork(hashes: UInt128(1) << 33), reward: AtomicUnits(42_835_000),
      state: state, foundAt: Sample.start, updatedAt: Sample.start)
  }

  @Test func `a block's way is told step by step, and what did not change is not told`() throws {
    let heard = Heard()
    func types(_ before: BlockState?, _ after: BlockState) -> [EventType] {
      heard.news.stored(Self.block(after), over: before)
      return heard.take().map(\.type)
    }
    #expect(types(nil, .found) == [.blockFound])
    #expect(types(.found, .found) == [] && types(.found, .submitted) == [])
    #expect(types(.submitted, .immature(confirmations: 1)) == [.blockProgress])
    #expect(types(.immature(confirmations: 1), .immature(confirmations: 1)) == [])
    #expect(types(.immature(confirmations: 1), .immature(confirmations: 2)) == [.blockProgress])
    #expect(types(.immature(confirmations: 9), .mature) == [.blockUnlocked])
    #expect(types(.mature, .immature(confirmations: 0)) == [.blockProgress])
    #expect(types(.immature(confirmations: 0), .orphaned) == [.blockOrphaned])
    #expect(types(.submitted, .rejected(reason: "high-hash")) == [.blockOrphaned])
    // Of another run, whose reports were all lost.
    #expect(types(nil, .mature) == [.blockFound, .blockUnlocked])

    heard.news.stored(Self.block(.immature(confirmations: 4)), over: .found)
    guard case .blockProgress(let event) = try #require(heard.take().first) else { return }
    #expect(event.source == "zion:sha256d" && event.pool == "zion" && event.coin == "ZION")
    #expect(event.rewardText == "42.835000" && event.reward == 42_835_000 && event.height == 12)
    #expect(event.confirmations == 4 && event.progress == 0.4 && event.state == "immature")
    #expect((1.99...2.01).contains(event.difficulty))
  }

  @Test(arguments: Backend.allCases)
  func `a block is told of when the database has it, and once over restarts`(backend: Backend) async throws {
    let folder = try TemporaryFolder("news")
    let pool = try await TestPool(backend, in: folder)
    let heard = Heard()
    func accountant() -> Accountant {
      Accountant(
        store: pool.store,
        settings: Accountant.Settings(
          rules: pool.rules, bonusFund: AtomicUnits(1_000), ppsFeeBasisPoints: 0, reward: { nil }), levels: pool.levels,
        drain: { () throws(StoreError) in }, news: heard.news, now: { Sample.start },
        log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
    let first = accountant()
    await first.settle(Self.block(.found))
    #expect(heard.take().map(\.type) == [.blockFound])
    #expect(try await pool.store.blocks(limit: 10).map(\.height) == [12])
    await first.settle(Self.block(.immature(confirmations: 3)))
    #expect(heard.take().map(\.type) == [.blockProgress])
    // The next run reports what it follows again.
    let second = accountant()
    await second.settle(Self.block(.immature(confirmations: 3)))
    #expect(heard.take() == [])
    await second.settle(Self.block(.orphaned))
    #expect(heard.take().map(\.type) == [.blockOrphaned])
  }

  @Test func `a batch is told of when it is sent, with every payment, and how it ends`() throws {
    let heard = Heard()
    let payout = Sample.payout()
    heard.news.stored(Sample.batch(.signed(payout)), over: .approved)
    #expect(heard.take() == [])
    heard.news.stored(Sample.batch(.sent(.signed(payout))), over: .signed(payout))
    let told = heard.take()
    #expect(told.map(\.type) == [.paymentBatch, .payment, .payment])
    #expect(told.compactMap(\.address) == ["alice", "bob"])
    guard case .paymentBatch(let batch) = try #require(told.first) else { return }
    #expect(batch.state == "sent" && batch.total == 1000 && batch.totalText == "0.001000" && batch.recipients == 2)
    #expect(batch.txid == payout.txid.displayHex && batch.fee == 5 && batch.reason == nil)
    guard case .payment(let payment) = told[1] else { return }
    #expect(payment.amount == 700 && payment.amountText == "0.000700" && payment.txid == payout.txid.displayHex)
    heard.news.stored(Sample.batch(.confirmed(.signed(payout), confirmations: 1)), over: .sent(.signed(payout)))
    #expect(heard.take() == [])
    heard.news.stored(Sample.batch(.final(.signed(payout))), over: .confirmed(.signed(payout), confirmations: 1))
    #expect(heard.take().map(\.type) == [.paymentBatch])
    heard.news.stored(Sample.batch(.review(reason: "no answer", nil)), over: .submitting(refusal: nil))
    guard case .paymentBatch(let review) = try #require(heard.take().first) else { return }
    #expect(review.state == "review" && review.reason == "no answer" && review.txid == nil)
  }
}
