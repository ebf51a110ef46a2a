import Hummingbird
import NIOCore
import Orchestrator
import Stratum

/// What is connected now, from the last look at the fleet.
extension Routes {
  static let liveRoutes: [Route] = [
    Route(
      template: "/api/health", group: .live,
      summary: "Whether miners that connect now find work and every part is well; 503 when not, with the reasons.",
      statuses: [.serviceUnavailable: "Something is not well: the same page, with the reasons."],
      success: .json(Union<HealthPage, ZionHealth>.self)
    ) { routes, _ async throws(Refusal) in try await routes.health() },
    Route(
      template: "/api/stats", group: .live, summary: "Shares, hashrate and blocks of the whole process.",
      statuses: [.serviceUnavailable: "The database cannot be read now."],
      success: .json(Union<StatsPage, ZionStats>.self)
    ) { routes, _ async throws(Refusal) in try await routes.stats() },
    Route(
      template: "/api/miners", group: .live, summary: "Connected miners, fastest first.",
      parameters: [
        .integer("limit", 1...MinersPage.limit, otherwise: MinersPage.usualLimit, "At most so many sessions.")
      ],
      success: .json(MinersPage.self)
    ) { routes, call async throws(Refusal) in
      let limit = call.number("limit", otherwise: MinersPage.usualLimit)
      return try .json(MinersPage(of: await routes.snapshot(), limit: limit))
    },
    Route(
      template: "/api/workers", group: .live, summary: "Connected workers: searched, sorted, a page at a time.",
      parameters: [
        .integer("page", 0...1_000_000, otherwise: 0, "The page, from 0."),
        .integer("pageSize", 1...500, otherwise: 50, "Entries on a page."),
        .text("search", upTo: 128, "Part of an account, worker, pool or user agent, in any case."),
        .choice("sort", WorkersPage.orders, "By what."), .choice("order", ["descending", "ascending"], "Which way."),
        .text("pool", upTo: 64, "Of one pool only."),
        Parameter(
          name: "algorithm", kind: .choices(Algorithm.allCases.map(\.rawValue)), summary: "Of these algorithms only."),
      ],
      success: .json(WorkersPage.self)
    ) { routes, call async throws(Refusal) in
      try .json(WorkersPage(of: await routes.snapshot(), WorkersPage.Question(call)))
    },
    Route(
      template: "/api/profitability", group: .live,
      summary: "What each pool is expected to pay, what our work was worth there, and what coins are worth.",
      success: .json(ProfitabilityPage.self)
    ) { routes, _ async throws(Refusal) in
      try .json(ProfitabilityPage(of: await routes.snapshot(), prices: await routes.view.prices()))
    },
    Route(
      template: "/metrics", group: .service, summary: "Figures for Prometheus.",
      success: .text("text/plain; version=0.0.4; charset=utf-8")
    ) { routes, _ async throws(Refusal) in await routes.metrics() },
  ]

  private func health() async throws(Refusal) -> Reply {
    let snapshot = await snapshot()
    let health = HealthPage(of: snapshot, parts: await view.parts())
    let zion = ZionHealth(
      isHealthy: health.healthy, now: Self.wallSeconds(), uptimeSeconds: uptime(at: snapshot),
      miners: snapshot.miners.count, database: view.pool?.databaseStatus() ?? "none")
    return try .json(Union(health, zion), status: health.healthy ? .ok : .serviceUnavailable)
  }

  private func stats() async throws(Refusal) -> Reply {
    let view = view
    let (blocks, totals) = try await stored {
      (try await view.blocks(limit: 10), try await view.pool?.totals() ?? PoolTotals())
    }
    let snapshot = await snapshot()
    let page = StatsPage(of: snapshot, about: await about(), uptimeSeconds: uptime(at: snapshot), blocks: blocks)
    let zion = ZionStats(
      page, snapshot: snapshot, facts: view.pool?.facts ?? PoolFacts(), chain: view.pool?.chain() ?? [:],
      totals: totals,
      now: Self.wallSeconds())
    return try .json(Union(page, zion))
  }

  func uptime(at snapshot: FleetSnapshot) -> Double { snapshot.at.seconds(since: view.startedAt) }

  /// With the name of the policy that is in use now: an edit of its file may have changed it.
  func about() async -> About {
    var about = view.about
    about.policy = await view.policy().name
    return about
  }

  /// A database that is away takes its own figures away, and no others.
  private func metrics() async -> Reply {
    let snapshot = await snapshot()
    var books: BooksReport?
    do {
      books = try await view.books()
    } catch {
      logger.warning("the ledger could not be read for the metrics", metadata: ["error": "\(error)"])
    }
    var workings = await view.workings()
    workings.listeners = events.listenerCount
    workings.droppedListeners = events.droppedCount
    let text = PrometheusText.of(
      snapshot, about: await about(), uptimeSeconds: uptime(at: snapshot), books: books, policy: await view.policy(),
      prices: await view.prices(), workings: workings)
    return .text(text, contentType: "text/plain; version=0.0.4; charset=utf-8")
  }
}
