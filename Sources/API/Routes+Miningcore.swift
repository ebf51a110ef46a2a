import Hummingbird
import NIOCore
import Orchestrator
import Stratum

/// What clients of Miningcore ask for, at its paths.
extension Routes {
  static let miningcoreRoutes: [Route] = [
    Route(
      template: "/api/pools", group: .miningcore, summary: "All pools: how they do, what they ask for and pay.",
      success: .json(MiningcorePools.self)
    ) { routes, _ async throws(Refusal) in try await routes.pools() },
    Route(
      template: "/api/pools/{id}", group: .miningcore, summary: "One pool.", parameters: [.pool], statuses: noPool,
      success: .json(Miningcore.PoolDetail.self)
    ) { routes, call async throws(Refusal) in
      let (pool, snapshot) = try await routes.named(call)
      let known = await routes.miningcoreFacts()
      let ours = PoolsPage(of: snapshot).pools
      guard let first = ours.first(where: { $0.name == pool.sources.first?.name }) else {
        throw Refusal(.notFound, "there is no pool “\(pool.id)”")
      }
      return try .json(Miningcore.PoolDetail(pool: Union(first, Miningcore.Pool(pool, known))))
    },
    Route(
      template: "/api/pools/{id}/performance", group: .miningcore, summary: "Hashrate and miners over time.",
      parameters: [
        .pool, .choice("r", ["Day", "Month"], "How far back."), .choice("i", ["Hour", "Day"], "How close."),
      ], statuses: noPool, success: .json(Miningcore.Performance.self), lifetimes: 30
    ) { routes, call async throws(Refusal) in try await routes.performance(call) },
    Route(
      template: "/api/pools/{id}/miners", group: .miningcore, summary: "Connected miners by hashrate.",
      parameters: [.pool] + Parameter.paging, statuses: noPool, success: .json([Miningcore.MinerRate].self)
    ) { routes, call async throws(Refusal) in
      let (pool, _) = try await routes.named(call)
      return try .json(Paged(pool.rates, call.page).items)
    },
    list("/api/pools/{id}/blocks", "Found blocks, newest first.", blockStates) { routes, call async throws(Refusal) in
      try await routes.poolBlocks(call)
    },
    list("/api/pools/{id}/payments", "Payments, newest first.") { routes, call async throws(Refusal) in
      try await routes.payments(call, to: nil)
    },
    paged("/api/v2/pools/{id}/blocks", "Found blocks, newest first.", blockStates) {
      routes, call async throws(Refusal) in try await routes.poolBlocks(call)
    },
    paged("/api/v2/pools/{id}/payments", "Payments, newest first.") { routes, call async throws(Refusal) in
      try await routes.payments(call, to: nil)
    },
    Route(
      template: "/api/blocks", group: .miningcore,
      summary: """
        Found blocks, newest first. Asked plainly: ours, the last 100. With page, pageSize or state: a list as \
        Miningcore's. With limit: a list as ZION's.
        """,
      parameters: [
        .integer("page", 0...1_000_000, "Miningcore's page, from 0."),
        .integer("pageSize", 1...100, "Entries on a page."), blockStates,
        .integer("limit", 1...1000, "So many, for ZION's clients."),
      ],
      statuses: [.serviceUnavailable: "The database cannot be read now."],
      success: .either(BlocksPage.self, [Union<Miningcore.Block, ZionBlock>].self)
    ) { routes, call async throws(Refusal) in try await routes.blocks(call) },
  ]

  private static let blockStates = Parameter(
    name: "state", kind: .choices(Miningcore.Block.statuses), summary: "Of these states only.")

  /// A list as version 1 has it, for a pool or a miner.
  static func list<Item: Codable & Sendable>(
    _ template: String, _ summary: String, _ more: Parameter...,
    run: @escaping @Sendable (Routes, Call) async throws(Refusal) -> Paged<Item>
  ) -> Route {
    Route(
      template: template, group: .miningcore, summary: summary,
      parameters: pathParameters(template) + Parameter.paging + more,
      statuses: noPool, success: .json([Item].self)
    ) { routes, call async throws(Refusal) in
      try .json(try await run(routes, call).items)
    }
  }

  /// The same in the envelope of version 2.
  static func paged<Item: Codable & Sendable>(
    _ template: String, _ summary: String, _ more: Parameter...,
    run: @escaping @Sendable (Routes, Call) async throws(Refusal) -> Paged<Item>
  ) -> Route {
    Route(
      template: template, group: .miningcore, summary: summary,
      parameters: pathParameters(template) + Parameter.paging + more,
      statuses: noPool, success: .json(Miningcore.Page<Item>.self)
    ) { routes, call async throws(Refusal) in
      try .json(Miningcore.Page(try await run(routes, call), size: call.page.size))
    }
  }

  static func pathParameters(_ template: String) -> [Parameter] {
    template.contains("{address}") ? [.pool, .address] : [.pool]
  }

  /// The pool that a path names.
  func named(_ call: Call) async throws(Refusal) -> (NamedPool, FleetSnapshot) {
    let snapshot = await snapshot()
    guard let pool = NamedPool(call.text("id"), in: snapshot) else {
      let names = snapshot.sources.prefix(20).map(\.name).joined(separator: ", ")
      throw Refusal(.notFound, "there is no pool “\(call.text("id"))”; there are \(names)")
    }
    return (pool, snapshot)
  }

  /// The local pool, where the path means it; `nil` for an upstream, of which nothing is stored.
  func storedPool(_ call: Call) async throws(Refusal) -> (named: NamedPool, stored: (any PoolView)?) {
    let (named, _) = try await named(call)
    return (named, named.isLocal ? view.pool : nil)
  }

  func miningcoreFacts() async -> MiningcoreFacts {
    let view = view
    var known = MiningcoreFacts()
    known.year = PageTime.year(Self.wallSeconds())
    known.port = view.about.stratum.split(separator: ":").last.flatMap { Int($0) } ?? 0
    guard let pool = view.pool else { return known }
    known.facts = pool.facts
    known.chain = pool.chain()
    do {
      known.totals = try await pool.totals()
    } catch {
      // A database that is away takes its own figures away, and no others.
      logger.warning("the pool's totals could not be read for the API", metadata: ["error": "\(error)"])
    }
    return known
  }

  private func pools() async throws(Refusal) -> Reply {
    let known = await miningcoreFacts()
    let snapshot = await snapshot()
    let pools = PoolsPage(of: snapshot).pools.compactMap { ours in
      NamedPool(ours.name, in: snapshot).map { Union(ours, Miningcore.Pool($0, known)) }
    }
    return try .json(MiningcorePools(pools: pools))
  }

  private func performance(_ call: Call) async throws(Refusal) -> Reply {
    let (named, pool) = try await storedPool(call)
    let seconds: Int64 = call.text("i") == "Day" ? 86_400 : 3_600
    let from = Self.wallSeconds() - (call.text("r") == "Month" ? 30 : 1) * 86_400
    guard let pool else { return try .json(Miningcore.Performance(stats: [])) }
    let algorithm = named.algorithm
    let samples = try await stored {
      try await pool.performance(of: algorithm, from: from / seconds * seconds, seconds: seconds)
    }
    let network = pool.chain()
    let now = Self.wallSeconds()
    let stats = Dictionary(grouping: samples, by: \.start).sorted { $0.key < $1.key }.map { start, parts in
      // The last piece is not over yet.
      let span = Double(max(1, min(seconds, now - start)))
      let hashes = parts.compactMap { network[$0.algorithm] }.map { Double($0.networkWork.hashes) }
      return Miningcore.Performance.Sample(
        poolHashrate: parts.reduce(0) { $0 + Double($1.work.hashes) } / span,
        connectedMiners: parts.map(\.miners).max() ?? 0,
        validSharesPerSecond: Double(parts.reduce(0) { $0 + $1.shares }) / span,
        networkHashrate: hashes.reduce(0, +) / MiningcoreFacts.blockSeconds,
        networkDifficulty: parts.first.flatMap { part in
          network[part.algorithm].map { Double($0.networkWork.hashes) / Difficulty.hashesAtOne(part.algorithm) }
        } ?? 0, created: PageTime.text(start))
    }
    return try .json(Miningcore.Performance(stats: stats))
  }

  private func poolBlocks(_ call: Call) async throws(Refusal) -> Paged<Miningcore.Block> {
    let (named, pool) = try await storedPool(call)
    guard let pool else { return Paged([], total: 0) }
    let states = Set(call.words("state").flatMap(Miningcore.Block.states))
    let (page, algorithm) = (call.page, named.algorithm)
    let found = try await stored { try await pool.blocks(of: algorithm, states: states, page) }
    return found.map { Miningcore.Block($0, pool: named.id, facts: pool.facts) }
  }

  func payments(_ call: Call, to address: String?) async throws(Refusal) -> Paged<Miningcore.Payment> {
    let (_, pool) = try await storedPool(call)
    guard let pool else { return Paged([], total: 0) }
    let page = call.page
    let found = try await stored { try await pool.payments(to: address, page) }
    return found.map { Miningcore.Payment($0, coin: pool.facts.coin) }
  }

  private func blocks(_ call: Call) async throws(Refusal) -> Reply {
    let isMiningcore = call.isGiven("page") || call.isGiven("pageSize") || call.isGiven("state")
    let view = view
    guard isMiningcore || call.isGiven("limit") else {
      return try .json(BlocksPage(blocks: try await stored { try await view.blocks(limit: 100) }))
    }
    let page = isMiningcore ? call.page : PageRequest(number: 0, size: call.number("limit", otherwise: 10))
    guard let pool = view.pool else { return try .json([Union<Miningcore.Block, ZionBlock>]()) }
    let states = Set(call.words("state").flatMap(Miningcore.Block.states))
    let found = try await stored { try await pool.blocks(of: nil, states: states, page) }
    return try .json(
      found.items.map {
        Union(Miningcore.Block($0, pool: $0.block.source, facts: pool.facts), ZionBlock($0, coin: pool.facts.coin))
      })
  }
}

/// `/api/pools`.
public struct MiningcorePools: Codable, Sendable {
  public let pools: [Union<PoolsPage.Pool, Miningcore.Pool>]
}

/// `/api/blocks`, asked plainly.
public struct BlocksPage: Codable, Sendable {
  public let blocks: [BlockReport]
}
