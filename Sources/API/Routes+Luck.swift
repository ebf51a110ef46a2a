import Hummingbird

/// Who finds fewer blocks than his work should.
extension Routes {
  static let luckRoutes: [Route] = [
    Route(
      template: "/api/luck", group: .pool,
      summary: """
        Blocks that each miner's work should have found, and those that it did, least luck first, each over the window \
        in which it had least. A chance below 0.000033, a third of one in ten thousand for each of three windows, may be \
        block withholding, and may be bad luck: it proves nothing by itself.
        """,
      parameters: [.integer("limit", 1...1000, otherwise: 100, "At most so many.")], scope: .read, statuses: noPool,
      success: .json(LuckPage.self)
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      var page = try await routes.stored { try await pool.luck() }
      page.miners = Array(page.miners.prefix(call.number("limit", otherwise: 100)))
      return try .json(page)
    }
  ]
}

/// `/api/luck`
public struct LuckPage: Codable, Sendable, Equatable {
  public struct Miner: Codable, Sendable, Equatable {
    public var address: String
    /// Seconds since 1970: of all that is kept, the last 30 and the last 7 days, the window in which it had least luck.
    public var since: Int64
    /// Blocks expected since then, and found ones.
    public var expected: Double
    public var found: Int
    /// That an honest miner finds no more.
    public var chance: Double
    public var isSuspicious: Bool

    public init(address: String, since: Int64, expected: Double, found: Int, chance: Double, isSuspicious: Bool) {
      self.address = address
      self.since = since
      self.expected = expected
      self.found = found
      self.chance = chance
      self.isSuspicious = isSuspicious
    }
  }

  /// Seconds since 1970; nothing before the first look.
  public var since: Int64?
  public var suspects: Int
  public var miners: [Miner]

  public init(since: Int64?, suspects: Int, miners: [Miner]) {
    self.since = since
    self.suspects = suspects
    self.miners = miners
  }
}
