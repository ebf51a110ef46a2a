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
    if let pool { account = try await stored { try await pool.account(address) } ?? account }
    let coin = pool?.facts.coin ?? .zion
    let workers = named.own(await fleet().miners(of: address))
    let now = Self.wallSeconds()
    let pending = account.roundWork.filter { named.algorithm == nil || $0.key == named.algorithm }
      .reduce(0) { $0 + $1.value.hashCount / Difficulty.hashesAtOne($1.key) }
    return try .json(
      Miningcore.Miner(
        pendingShares: pending, pendingBalance: coin.number(account.confirmed), totalPaid: coin.number(account.paid),
        todayPaid: coin.number(account.paidToday), lastPayment: account.lastPayment.map { PageTime.text($0.at) },
        lastPaymentLink: account.lastPayment.map(\.txid),
        performance: workers.isEmpty
          ? nil : Miningcore.WorkerSample(created: PageTime.text(now), workers: Self.rates(workers)),
        performanceSamples: try await samples(call, mode: call.text("perfMode"))))
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
    let now = Self.wallSeconds()
    let (back, seconds): (Int64, Int64) =
      switch mode {
      case "Hour": (3_600, 600)
      case "Month": (31 * 86_400, 86_400)
      default: (86_400, 3_600)
      }
    let name = SampleShelf.Name(pool: named.id, address: view.canonical(call.text("address")), seconds: seconds)
    // The last piece is not over.
    let range = (now - back) / seconds * seconds..<now / seconds * seconds
    let (kept, found) = try await stored {
      let shares = try await pool.shares(of: name.address, in: range, seconds: seconds)
      let span = SampleShelf.Span(range: range, shares: shares)
      if let kept = shelf.samples(name, of: span) {
        return (
          kept, try await pool.performance(of: name.address, from: range.upperBound, seconds: seconds)
        )
      }
      let all = try await pool.performance(of: name.address, from: range.lowerBound, seconds: seconds)
      var over = samples(all.filter { $0.start < range.upperBound }, of: named.algorithm, seconds, now)
      for index in over.indices { try over[index].writeOut() }
      shelf.keep(over, name, of: span)
      return (over, all.filter { $0.start >= range.upperBound })
    }
    return kept + samples(found, of: named.algorithm, seconds, now)
  }

  private func samples(
    _ pieces: [WorkerPerformance], of algorithm: Algorithm?, _ seconds: Int64, _ now: Int64
  ) -> [Miningcore.WorkerSample] {
    var samples: [Miningcore.WorkerSample] = []
    var workers: [String: Miningcore.WorkerRate] = [:]
    for (index, piece) in pieces.enumerated() {
      if algorithm == nil || piece.algorithm == algorithm {
        let span = Double(max(1, min(seconds, now - piece.start)))
        workers[piece.worker, default: .init(hashrate: 0, sharesPerSecond: 0)].add(
          hashrate: piece.work.hashCount / span, sharesPerSecond: Double(piece.shares) / span)
      }
      guard index + 1 == pieces.count || pieces[index + 1].start != piece.start, !workers.isEmpty else { continue }
      samples.append(Miningcore.WorkerSample(created: PageTime.text(piece.start), workers: workers))
      workers.removeAll(keepingCapacity: true)
    }
    return samples
  }

  private func changes(_ call: Call) async throws(Refusal) -> Paged<Miningcore.BalanceChange> {
    let (named, pool) = try await storedPool(call)
    guard let pool else { return Paged([], total: 0) }
    let (address, page) = (view.canonical(call.text("address")), call.page)
    let entries = try await stored { try await pool.entries(of: address, page) }
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
