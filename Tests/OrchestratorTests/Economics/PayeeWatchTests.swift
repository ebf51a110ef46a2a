import Stratum
import Testing

@testable import Orchestrator

/// Attack 14: somebody on the way sends our work to a pool of his own.
@Suite struct PayeeWatchTests {
  /// What an upstream pool's jobs said, in simulated time.
  private struct Pool {
    var economics = FleetEconomics(pools: [:])
    var source = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    var now = MonotonicTime.zero

    /// A job a minute, whose blocks pay these.
    mutating func sendJobs(minutes: Int, _ payees: (script: UInt8, value: UInt64)...) {
      for _ in 0..<minutes { send(payees.map { ([$0.script, 0x51], $0.value) }) }
    }

    mutating func send(_ payees: [(script: [UInt8], value: UInt64)]) {
      now = now.advanced(bySeconds: 60)
      source.observed.newestJob = JobSample(work: Pool.work(payees), extranonceByteCount: 8, at: now)
      look()
    }

    mutating func look() {
      economics.observe([source], at: now)
      economics.fill(&source, prices: PriceBook(), at: now)
    }

    private static func work(_ payees: [(script: [UInt8], value: UInt64)]) -> Work {
      var coinbase2: [UInt8] = [255, 255, 255, 255, UInt8(payees.count)]
      for payee in payees {
        coinbase2 += (0..<8).map { UInt8(truncatingIfNeeded: payee.value >> (8 * UInt64($0))) }
        coinbase2 += [UInt8(payee.script.count)] + payee.script
      }
      let head: [UInt8] = [1, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 32) + [255, 255, 255, 255, 12, 1, 2, 3, 4]
      return Work(
        previousBlock: .zero, coinbase1: head, coinbase2: coinbase2 + [0, 0, 0, 0], merkleBranches: [],
        version: 0x2000_0000, nBits: 0x1703_4219, nTime: UnixTime(seconds: 1_700_000_000))
    }
  }

  @Test func `attack 14, hijack by a man in the middle: blocks that begin to pay a stranger are told of`() throws {
    var pool = Pool()
    pool.sendJobs(minutes: 180, (0xa0, 625))
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 0)
    pool.sendJobs(minutes: 1, (0xee, 625))
    let change = try #require(pool.source.payeeChange)
    #expect(change.from == [0xa0, 0x51] && change.to == [0xee, 0x51] && change.stoodSeconds == 10_800)
    #expect(
      "\(change)".hasPrefix("pay the script ee51 and no longer a051, which they paid for 3 hours: ask the pool whether")
    )
    #expect(pool.source.payeeChangeCount == 1)
    // For an hour; what was told once is not told again.
    pool.sendJobs(minutes: 59, (0xee, 625))
    #expect(pool.source.payeeChange == change)
    pool.sendJobs(minutes: 300, (0xee, 625))
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 1)
  }

  @Test func `a pool that is paid again ends it, and whoever was paid before is no news`() {
    var pool = Pool()
    pool.sendJobs(minutes: 120, (0xa0, 625))
    pool.sendJobs(minutes: 5, (0xee, 625))
    #expect(pool.source.payeeChange != nil)
    pool.sendJobs(minutes: 1, (0xa0, 625))
    #expect(pool.source.payeeChange == nil)
    pool.sendJobs(minutes: 120, (0xa0, 625))
    pool.sendJobs(minutes: 1, (0xee, 625))
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 1)
  }

  @Test func `a pool whose blocks pay somebody else every half hour is never told of`() {
    var pool = Pool()
    for payee in 0..<100 { pool.sendJobs(minutes: 30, (UInt8(payee), 625)) }
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 0)
  }

  @Test func `fees, fund shares and notes beside the payee change nothing`() {
    var pool = Pool()
    pool.sendJobs(minutes: 120, (0xa0, 600), (0xb0, 25), (0x6a, 0))
    pool.sendJobs(minutes: 1, (0xc0, 100), (0xa0, 525))
    // An OP_RETURN output pays nobody, whatever its value.
    pool.sendJobs(minutes: 1, (0x6a, 9_999), (0xa0, 1))
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 0)
  }

  @Test func `jobs that cannot be read, or come again, say nothing`() {
    var pool = Pool()
    pool.sendJobs(minutes: 120, (0xa0, 625))
    for garbage: [(script: [UInt8], value: UInt64)] in [
      [], [([0xee, 0x51], 0)], [([0xee, 0x51], UInt64.max)], [([0x6a], 5)],
    ] {
      pool.send(garbage)
    }
    for _ in 0..<10 { pool.look() }
    #expect(pool.source.payeeChange == nil && pool.source.payeeChangeCount == 0)
  }

  @Test func `a source remembers sixteen payees and no more`() {
    var pool = Pool()
    pool.sendJobs(minutes: 90, (0, 625))
    for payee in 1...16 { pool.sendJobs(minutes: 1, (UInt8(payee), 625)) }
    #expect(pool.source.payeeChangeCount == 1)
    // Of the seventeen the first is forgotten, the second is known.
    pool.sendJobs(minutes: 90, (1, 625))
    pool.sendJobs(minutes: 90, (0, 625))
    #expect(pool.source.payeeChangeCount == 2)
    pool.sendJobs(minutes: 1, (16, 625))
    #expect(pool.source.payeeChangeCount == 2)
  }
}
