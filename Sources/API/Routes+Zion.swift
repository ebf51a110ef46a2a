import Hummingbird
import NIOCore
import Orchestrator
import Stratum

/// What clients of the ZION pool ask for.
extension Routes {
  static let zionRoutes: [Route] = [
    Route(
      template: "/api/miner/{address}", group: .zion, summary: "A miner: what is stored, and who is connected now.",
      parameters: [.address],
      statuses: [
        .notFound: "No share of it was ever accepted here, and it is not connected.",
        .serviceUnavailable: "The database cannot be read now.",
      ],
      success: .json(Union<MinerPage, ZionMiner>.self)
    ) { routes, call async throws(Refusal) in try await routes.miner(call) },
    Route(
      template: "/api/pool", group: .zion, summary: "The local pool, its ports, fees and rewards.", statuses: noPool,
      success: .json(ZionPool.self)
    ) { routes, _ async throws(Refusal) in
      let pool = try routes.localPool()
      let algorithms = await routes.snapshot().sources.filter { $0.kind == .local }.map(\.algorithm)
      return try .json(
        ZionPool(
          pool.facts, version: routes.view.about.version, algorithms: algorithms, chain: pool.chain(),
          year: PageTime.year(Self.wallSeconds())))
    },
    Route(
      template: "/api/fees", group: .zion, summary: "What is taken off each block reward, and how that changes.",
      statuses: noPool, success: .json(ZionFees.self)
    ) { routes, _ async throws(Refusal) in
      try .json(ZionFees(try routes.localPool().facts, year: PageTime.year(Self.wallSeconds())))
    },
    block("/block/{height}"), block("/api/block/{height}"),
    Route(
      template: "/api/consciousness/profile/{address}", group: .zion, summary: "A miner in the consciousness game.",
      parameters: [.address],
      statuses: noPool.merging([.notFound: "It was never seen, or there is no local pool."]) { $1 },
      success: .json(ZionProfile.self)
    ) { routes, call async throws(Refusal) in try await routes.profile(call) },
    Route(
      template: "/api/consciousness/leaderboard", group: .zion, summary: "Most experience first.",
      parameters: [.integer("limit", 1...100, otherwise: 100, "At most so many places.")], statuses: noPool,
      success: .json(ZionLeaderboard.self), lifetimes: 10
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      let places = try await routes.stored { try await pool.leaderboard(limit: call.number("limit", otherwise: 100)) }
      return try .json(ZionLeaderboard(places, facts: pool.facts))
    },
    Route(
      template: "/api/consciousness/levels", group: .zion, summary: "The nine levels.", statuses: noPool,
      success: .json(ZionLevels.self)
    ) { routes, _ async throws(Refusal) in try .json(ZionLevels(try routes.localPool().facts)) },
  ]

  /// What a route about the local pool may answer.
  static let noPool: [HTTPResponse.Status: String] = [
    .notFound: "There is no local pool here, or no such thing in it.",
    .serviceUnavailable: "The database cannot be read now.",
  ]

  func localPool() throws(Refusal) -> any PoolView {
    guard let pool = view.pool else {
      throw Refusal(.notFound, "there is no local pool here: this is a pure proxy (local.enabled is false)")
    }
    return pool
  }

  private static func block(_ template: String) -> Route {
    Route(
      template: template, group: .zion,
      summary: "The block that was found at a height, and who gets what of it.",
      parameters: [.integer("height", 0...Int(UInt32.max), inPath: true, "Its height.")], statuses: noPool,
      success: .json(Union<ZionBlock, StatementPage>.self)
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      let height = UInt32(clamping: call.number("height"))
      let all = try await routes.stored { try await pool.blocks(at: height) }
      // Of several at one height the one that won.
      guard let statement = all.first(where: { !["rejected", "orphaned"].contains($0.found.block.state) }) ?? all.first
      else { throw Refusal(.notFound, "no block at height \(height) was found here") }
      return try .json(
        Union(ZionBlock(statement.found, coin: pool.facts.coin), StatementPage(statement, coin: pool.facts.coin)))
    }
  }

  private func profile(_ call: Call) async throws(Refusal) -> Reply {
    let pool = try localPool()
    let address = view.canonical(call.text("address"))
    guard let profile = try await stored({ try await pool.profile(address) }),
      let level = pool.facts.level(profile.level)
    else { throw Refusal(.notFound, "\(address) has no share, no block and no credential here: it was never seen") }
    return try .json(ZionProfile(profile, level: level))
  }

  private func miner(_ call: Call) async throws(Refusal) -> Reply {
    let account = view.canonical(call.text("address"))
    let view = view
    let now = Self.wallSeconds()
    let standing = try await stored { try await view.miner(account, minutes: now - 7_200) }
    let report = standing.report
    // Addresses in hex are kept in one case, and asked for in any.
    let sessions = await fleet().miners(of: account).filter { report == nil || $0.identity.account == report?.account }
    guard report != nil || !sessions.isEmpty else {
      throw Refusal(.notFound, "no share of \(account) was ever accepted here, and it is not connected")
    }
    let page = MinerPage(
      account: report?.account ?? sessions.first?.identity.account ?? account, stored: report, sessions: sessions,
      seesAddresses: call.seesAddresses)
    let zion = ZionMiner(
      stored: report, sessions: sessions, account: standing.account, minutes: standing.minutes,
      coin: view.pool?.facts.coin ?? .zion,
      now: now)
    return try .json(Union(page, zion))
  }
}
