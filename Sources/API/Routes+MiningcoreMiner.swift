import FoundationEssentials
import Hummingbird
import NIOCore
import Orchestrator
import Stratum

/// What clients of Miningcore ask about one miner.
extension Routes {
  static let miningcoreMinerRoutes: [Route] = [
    Route(
      template: "/api/pools/{id}/miners/{address}", group: .miningcore,
      summary: "A miner's balance, payments and workers; zeros for one that was never seen.",
      parameters: [.pool, .address, .choice("perfMode", ["Day", "Hour", "Month"], "How far back the samples go.")],
      statuses: noPool, success: .json(Miningcore.Miner.self)
    ) { routes, call async throws(Refusal) in try await routes.minerStats(call) },
    Route(
      template: "/api/pools/{id}/miners/{address}/performance", group: .miningcore,
      summary: "A miner's workers over time.",
      parameters: [.pool, .address, .choice("mode", ["Day", "Hour", "Month"], "How far back.")],
      statuses: noPool, success: .json([Miningcore.WorkerSample].self)
    ) { routes, call async throws(Refusal) in try .json(try await routes.samples(call, mode: call.text("mode"))) },
    list("/api/pools/{id}/miners/{address}/payments", "A miner's payments, newest first.") {
      routes, call async throws(Refusal) in
      try await routes.payments(call, to: routes.view.canonical(call.text("address")))
    },
    paged("/api/v2/pools/{id}/miners/{address}/payments", "A miner's payments, newest first.") {
      routes, call async throws(Refusal) in
      try await routes.payments(call, to: routes.view.canonical(call.text("address")))
    },
    list("/api/pools/{id}/miners/{address}/balancechanges", "What was booked to a miner and from it, newest first.") {
      routes, call async throws(Refusal) in try await routes.changes(call)
    },
    paged("/api/v2/pools/{id}/miners/{address}/balancechanges", "What was booked to a miner and from it, newest first.")
    {
      routes, call async throws(Refusal) in try await routes.changes(call)
    },
    list("/api/pools/{id}/miners/{address}/earnings/daily", "What a miner was paid each UTC day, newest first.") {
      routes, call async throws(Refusal) in try await routes.earnings(call)
    },
    paged("/api/v2/pools/{id}/miners/{address}/earnings/daily", "What a miner was paid each UTC day, newest first.") {
      routes, call async throws(Refusal) in try await routes.earnings(call)
    },
  ]

  private func minerStats(_ call: Call) async throws(Refusal) -> Reply {
    let (named, pool) = try await storedPool(call)
    let address = view.canonical(call.text("address"))
    var account = AccountReport()
    var history: [Miningcore.WorkerSample] = []
    if let pool {
      let shown = Shown(named, address, mode: call.text("perfMode"), shelf: shelf)
      (account, history) = try await stored {
        let (account, answer) = try await pool.account(address, shown.question)
        return (account ?? AccountReport(), try shown.samples(answer))
      }
    }
    let coin = pool?.facts.coin ?? .zion
    let workers = named.own(await fleet().miners(of: address))
    let now = Self.wallSeconds()
    let pending = account.roundWork.filter { named.algorithm == nil || $0.key == named.algorithm }
      .reduce(0) { $0 + $1.value.approximate / Difficulty.hashesAtOne($1.key) }
    return try .json(
      Miningcore.Miner(
        pendingShares: pending, pendingBalance: coin.number(account.confirmed), totalPaid: coin.number(account.paid),
        todayPaid: coin.number(account.paidToday), lastPayment: account.lastPayment.map { PageTime.text($0.at) },
        lastPaymentLink: account.lastPayment.map(\.txid),
        performance: workers.isEmpty
          ? nil : Miningcore.WorkerSample(created: PageTime.text(now), workers: Self.rates(workers)),
        performanceSamples: history))
  }

  private static func rates(_ miners: [MinerSnapshot]) -> [String: Miningcore.WorkerRate] {
    Dictionary(grouping: miners, by: \.identity.worker).mapValues { sessions in
      Miningcore.WorkerRate(
        hashrate: sessions.reduce(0) { $0 + $1.hashrate.hashesPerSecond },
        sharesPerSecond: sessions.reduce(0) { $0 + $1.sharesPerSecond })
    }
  }

  private func samples(_ call: Call, mode: String) async throws(Refusal) -> [Miningcore.WorkerSample] {
    let (named, pool) = try await storedPool(call)
    guard let pool else { return [] }
    let address = view.canonical(call.text("address"))
    let shown = Shown(named, address, mode: mode, shelf: shelf)
    return try await stored { try shown.samples(try await pool.pieces(of: address, shown.question)) }
  }

  private func changes(_ call: Call) async throws(Refusal) -> Paged<Miningcore.BalanceChange> {
    let (named, pool) = try await storedPool(call)
    guard let pool else { return Paged([], total: 0) }
    let (address, page) = (view.canonical(call.text("address")), call.page)
    let (entries, _) = try await stored { try await pool.entries(of: address, page) }
    return entries.map { entry in
      Miningcore.BalanceChange(
        poolId: named.id, address: address, amount: pool.facts.coin.number(entry.amount),
        usage: "\(entry.kind) \(entry.reference)", created: PageTime.text(entry.at))
    }
  }

  private func earnings(_ call: Call) async throws(Refusal) -> Paged<Miningcore.DailyEarning> {
    let (_, pool) = try await storedPool(call)
    guard let pool else { return Paged([], total: 0) }
    let (address, page) = (view.canonical(call.text("address")), call.page)
    let days = try await stored { try await pool.paidByDay(to: address, page) }
    return days.map {
      Miningcore.DailyEarning(amount: pool.facts.coin.number($0.amount), date: PageTime.text($0.day))
    }
  }
}

/// A miner's samples: those that are over from the shelf, the others anew.
private struct Shown: Sendable {
  let question: PieceQuestion
  private let algorithm: Algorithm?
  private let name: SampleShelf.Name
  private let kept: SampleShelf.Kept?
  private let shelf: SampleShelf
  private let now: Int64

  init(_ pool: NamedPool, _ address: String, mode: String, shelf: SampleShelf) {
    let (back, seconds): (Int64, Int64) =
      switch mode {
      case "Hour": (3_600, 600)
      case "Month": (31 * 86_400, 86_400)
      default: (86_400, 3_600)
      }
    now = Routes.wallSeconds()
    // The last piece is not over.
    let over = (now - back) / seconds * seconds..<now / seconds * seconds
    self.shelf = shelf
    algorithm = pool.algorithm
    name = SampleShelf.Name(pool: pool.id, address: address, seconds: seconds)
    kept = shelf.find(name, over: over)
    question = PieceQuestion(over: over, seconds: seconds, known: kept?.shares)
  }

  func samples(_ answer: PieceAnswer) throws -> [Miningcore.WorkerSample] {
    guard answer.isWhole else { return (kept?.samples ?? []) + samples(answer.pieces) }
    var over = samples(answer.pieces.filter { $0.start < question.over.upperBound })
    for index in over.indices { try over[index].writeOut() }
    shelf.keep(SampleShelf.Kept(over: question.over, shares: answer.shares, samples: over), name)
    return over + samples(answer.pieces.filter { $0.start >= question.over.upperBound })
  }

  private func samples(_ pieces: [WorkerPerformance]) -> [Miningcore.WorkerSample] {
    var samples: [Miningcore.WorkerSample] = []
    var workers: [String: Miningcore.WorkerRate] = [:]
    for (index, piece) in pieces.enumerated() {
      if algorithm == nil || piece.algorithm == algorithm {
        let span = Double(max(1, min(question.seconds, now - piece.start)))
        workers[piece.worker, default: .init(hashrate: 0, sharesPerSecond: 0)].add(
          hashrate: piece.work.approximate / span, sharesPerSecond: Double(piece.shares) / span)
      }
      guard index + 1 == pieces.count || pieces[index + 1].start != piece.start, !workers.isEmpty else { continue }
      samples.append(Miningcore.WorkerSample(created: PageTime.text(piece.start), workers: workers))
      workers.removeAll(keepingCapacity: true)
    }
    return samples
  }
}
