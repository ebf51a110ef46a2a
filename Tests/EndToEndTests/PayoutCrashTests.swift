import Foundation
import Pool
import Stratum
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
  /// The payer is killed, and its node made deaf and dumb, at every call in turn.
  @Suite struct PayoutCrashTests {
    enum Fault: CaseIterable, Sendable {
      case killedBefore, killedAfter, requestLost, replyLost, replyLate
    }

    @Test(.timeLimit(.minutes(15)))
    func `whatever happens at whichever call, each miner is paid exactly once, a hundred times`() async throws {
      let bench = try await PayoutBench(wallet: "raw")
      var random = SeededRandom(seed: 1)
      var struck = 0
      for run in 0..<100 {
        let fault = Fault.allCases[run % Fault.allCases.count]
        struck += try await bench.pay(fault, atCall: run / Fault.allCases.count, using: &random) ? 1 : 0
      }
      // A run of the payer has some twenty calls: most of the faults must have met one.
      #expect(struck >= 80, "\(struck) of 100 faults met a call")
      try await bench.checkBooks(batches: 100)
    }

    @Test(.timeLimit(.minutes(5)))
    func `with sendmany only, what is lost on the way back is found by its comment`() async throws {
      let bench = try await PayoutBench(wallet: "sendmany")
      var random = SeededRandom(seed: 2)
      for fault in [Fault.killedAfter, .replyLost, .replyLate, .killedAfter, .replyLost, .replyLate] {
        #expect(try await bench.pay(fault, at: "sendmany", using: &random))
      }
      try await bench.checkBooks(batches: 6)
    }
  }
}

/// A pool's books without a pool: credits are booked by hand, and `zion payout run` pays them.
final class PayoutBench: Sendable {
  private let folder: TemporaryFolder
  private let nodes: BitcoindPair
  private let proxy: NodeProxy
  private let payer: ServerProcess
  private let database: SQLiteDatabase

  init(wallet: String) async throws {
    folder = try TemporaryFolder("payer")
    nodes = try await BitcoindPair.start(blocks: 150)
    proxy = try NodeProxy(to: nodes.rpcPorts[0])
    _ = try folder.folder("data")
    let address = try #require(try await nodes.call("getnewaddress").string)
    let settings = """
      data: data
      local:
        node: bitcoin
        address: \(address)
        bitcoin: { urls: ["http://\(BitcoindPair.user):\(BitcoindPair.password)@127.0.0.1:\(proxy.port)/"] }
        payouts: { threshold: 0.01, minimum: 0.001, confirmations: 1, wallet: \(wallet) }

      """
    try folder.write(settings, to: "zion.yaml")
    payer = try ServerProcess("payout", in: folder.url, arguments: ["payout", "run", "--config", "zion.yaml"])
    database = try SQLiteDatabase(path: folder.url.appendingPathComponent("data/pool.sqlite").path)
    _ = try await database.migrate()
  }

  /// Credits three new addresses, strikes once while they are paid, and sees to it that they are paid.
  /// - Returns: whether the fault met a call.
  func pay(
    _ fault: EndToEnd.PayoutCrashTests.Fault, atCall number: Int, using random: inout SeededRandom
  ) async throws -> Bool {
    let count = Mutex(0)
    return try await pay(fault, using: &random) { _ in
      count.withLock { count in
        defer { count += 1 }
        return count == number
      }
    }
  }

  func pay(
    _ fault: EndToEnd.PayoutCrashTests.Fault, at method: String, using random: inout SeededRandom
  ) async throws -> Bool {
    let isDone = Mutex(false)
    return try await pay(fault, using: &random) { called in
      guard called == method else { return false }
      return isDone.withLock { isDone in
        defer { isDone = true }
        return !isDone
      }
    }
  }

  private func pay(
    _ fault: EndToEnd.PayoutCrashTests.Fault, using random: inout SeededRandom,
    when isDue: @escaping @Sendable (String) -> Bool
  ) async throws -> Bool {
    let credits = try await credit(using: &random)
    let struck = Mutex(false)
    let payer = payer
    proxy.treat { method in
      var treatment = NodeProxy.Treatment()
      guard isDue(method) else { return treatment }
      struck.withLock { $0 = true }
      switch fault {
      case .killedBefore:
        treatment.before = { payer.kill(SIGKILL) }
        treatment.dropsRequest = true
      case .killedAfter: treatment.after = { payer.kill(SIGKILL) }
      case .requestLost: treatment.dropsRequest = true
      case .replyLost: treatment.dropsReply = true
      case .replyLate: treatment.delaySeconds = 0.5
      }
      return treatment
    }
    try await run()
    proxy.treat { _ in NodeProxy.Treatment() }
    try await run()
    try await nodes.call("generate", "1")
    try await run()
    for (address, amount) in credits {
      let received = try await nodes.call("getreceivedbyaddress", "\"\(address)\",0").double
      #expect(received.map { Int64(($0 * 1e8).rounded()) } == amount.value, "\(fault): \(address)")
      let owed = try await database.read { sql in try Balances.miner(address, sql) }
      #expect(owed.paid == amount && owed.confirmed == .zero && owed.underway == .zero, "\(fault): \(owed)")
    }
    return struck.withLock { $0 }
  }

  private func run() async throws {
    try payer.start()
    _ = try await payer.end(within: .seconds(60))
  }

  private func credit(using random: inout SeededRandom) async throws -> [(address: String, amount: AtomicUnits)] {
    var credits: [(address: String, amount: AtomicUnits)] = []
    for _ in 0..<3 {
      let address = try #require(try await nodes.call("getnewaddress").string)
      credits.append((address, AtomicUnits(Int64.random(in: 1_000_000...30_000_000, using: &random))))
    }
    let booked = credits
    _ = try await database.write { sql in
      try Ledger.post(
        booked.map { address, amount in
          .deposit(amount, to: .miner(address), id: address, at: UnixTime(seconds: 1_800_000_000))
        }, sql)
    }
    return credits
  }

  func checkBooks(batches: Int) async throws {
    let all = try await database.read { sql in try PayoutTable(pool: "zion").newest(1_000, sql) }
    // An address that could not be asked for comes a batch later.
    #expect(all.filter { $0.batch.state.label == "final" }.count >= batches)
    #expect(all.allSatisfy { $0.batch.isClosed }, "\(all.map(\.batch.state.label))")
    let report = try await AuditVerifier(database: database).verify()
    #expect(report.fault == nil)
    let balances = try await database.read { sql in
      (
        try Balances.imbalance(sql), try Balances.mismatches(sql), try Balances.balance(of: .wallet, sql),
        try Balances.balance(of: .networkFees, sql)
      )
    }
    #expect(balances.0 == .zero)
    #expect(balances.1 == [])
    // Every coin that was credited has left; what the network took is the pool's own cost.
    #expect(balances.2.value == -balances.3.value)
    #expect(balances.3 < .zero)
  }
}
