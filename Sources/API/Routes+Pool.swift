import FoundationEssentials
import Hummingbird
import NIOCore
import Stratum

/// The local pool's money in our own words, and how a miner is paid.
extension Routes {
  static let poolRoutes: [Route] = [
    Route(
      template: "/api/payouts", group: .pool, summary: "Batches of payments, newest first.",
      parameters: Parameter.paging, statuses: noPool, success: .json(PayoutsPage.self)
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      let page = call.page
      let found = try await routes.stored { try await pool.batches(page) }
      return try .json(PayoutsPage(found, page))
    },
    Route(
      template: "/api/payouts/{batch}", group: .pool, summary: "One batch, with whom it pays.",
      parameters: [.name("batch", upTo: 36, "The batch's id.")], statuses: noPool, success: .json(BatchReport.self)
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      guard let batch = try await routes.stored({ try await pool.batch(call.text("batch")) }) else {
        throw Refusal(.notFound, "there is no batch \(call.text("batch")); see /api/payouts")
      }
      return try .json(batch)
    },
    Route(
      template: "/api/ledger/{address}", group: .pool,
      summary: "What was booked to an address and from it, newest first, to the atomic unit.",
      parameters: [.address] + Parameter.paging, statuses: noPool, success: .json(EntriesPage.self)
    ) { routes, call async throws(Refusal) in
      let pool = try routes.localPool()
      let (address, page) = (routes.view.canonical(call.text("address")), call.page)
      let (entries, account) = try await routes.stored { try await pool.entries(of: address, page) }
      guard account != nil || entries.total > 0 else {
        throw Refusal(.notFound, "nothing was ever booked to \(address), and no share of it was accepted")
      }
      return try .json(EntriesPage(address, entries, account ?? AccountReport(), page, coin: pool.facts.coin))
    },
    Route(
      template: "/api/audit", group: .pool, summary: "Where the audit's chain ends, and whether the books balance.",
      statuses: noPool, success: .json(AuditStatus.self)
    ) { routes, _ async throws(Refusal) in
      let pool = try routes.localPool()
      return try .json(try await routes.stored { try await pool.audit() })
    },
    Route(
      template: "/api/pools/{id}/miners/{address}/settings", group: .miningcore,
      summary: "From which balance on a miner is paid, coins.", parameters: [.pool, .address], statuses: noPool,
      success: .json(Miningcore.Settings.self)
    ) { routes, call async throws(Refusal) in
      let (_, pool) = try await routes.storedPool(call)
      guard let pool else { throw Refusal(.notFound, "miners are paid by that pool, not here") }
      let address = routes.view.canonical(call.text("address"))
      let threshold = try await routes.stored { try await pool.threshold(of: address) }
      return try .json(Miningcore.Settings(paymentThreshold: pool.facts.coin.number(threshold.amount)))
    },
    Route(
      method: .post, template: "/api/pools/{id}/miners/{address}/settings", group: .miningcore,
      summary: """
        Be paid from another balance on: with the signature of the address's key over the message of zion payout \
        threshold, or with a token of the money scope. An IP address counts for nothing.
        """,
      parameters: [.pool, .address],
      body: Route.RequestBody { SettingsOrder.schema },
      statuses: [
        .forbidden: "Neither the miner's signature nor a token that may; the sentence says why.",
        .notFound: "There is no local pool of that name.",
        .unprocessableContent: "The amount is below the pool's minimum.",
        .serviceUnavailable: "The database cannot be read now.",
        .unauthorized: "There is neither a signature nor a token.",
      ],
      success: .json(Miningcore.Settings.self)
    ) { routes, call async throws(Refusal) in try await routes.changeSettings(call) },
  ]

  private func changeSettings(_ call: Call) async throws(Refusal) -> Reply {
    let (_, pool) = try await storedPool(call)
    guard let pool else { throw Refusal(.notFound, "miners are paid by that pool, not here") }
    let order = try SettingsOrder(call.body, coin: pool.facts.coin)
    if order.signature == nil {
      guard let token = call.token else {
        throw Refusal(
          .unauthorized, "send signature, publicKey and time, or a token with the money scope",
          headers: [.wwwAuthenticate: "Bearer"])
      }
      guard token.scopes.contains(.money) else {
        throw Refusal(.forbidden, "the token “\(token.name)” has no money scope")
      }
    }
    let wish = ThresholdOrder(
      address: view.canonical(call.text("address")), amount: order.amount, signature: order.signature)
    let threshold = try await stored { () async throws -> ThresholdReport in
      do {
        return try await pool.setThreshold(wish)
      } catch let refusal as PoolRefusal {
        throw Refusal(refusal.isForbidden ? .forbidden : .unprocessableContent, refusal.reason)
      }
    }
    return try .json(Miningcore.Settings(paymentThreshold: pool.facts.coin.number(threshold.amount)))
  }
}

/// What is sent to change a miner's settings: Miningcore's `settings.paymentThreshold`, and who says so.
struct SettingsOrder: Sendable {
  private struct Body: Decodable {
    struct Settings: Decodable { var paymentThreshold: FoundationEssentials.Decimal }
    var settings: Settings
    /// Hex.
    var signature: String?
    var publicKey: String?
    /// Seconds since 1970.
    var time: UInt32?
  }

  let amount: Int64
  let signature: ThresholdOrder.Signature?

  static let schema: JSONTree = [
    "type": "object", "required": ["settings"],
    "properties": [
      "settings": [
        "type": "object", "required": ["paymentThreshold"],
        "properties": ["paymentThreshold": ["type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000]],
      ],
      "signature": ["type": "string", "pattern": "^[0-9a-fA-F]{128}$"],
      "publicKey": ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"],
      "time": ["type": "integer", "minimum": 0, "maximum": 4_294_967_295],
    ],
  ]

  init(_ data: Data, coin: Coin) throws(Refusal) {
    let expected =
      #"write {"settings": {"paymentThreshold": COINS}, "signature": HEX, "publicKey": HEX, "time": SECONDS}"#
    guard let body = try? JSONDecoder().decode(Body.self, from: data) else {
      throw Refusal(.badRequest, "the body is not what it should be; \(expected)")
    }
    guard let amount = coin.amount("\(body.settings.paymentThreshold)"), amount > .zero else {
      throw Refusal(
        .badRequest,
        "paymentThreshold is not an amount of \(coin.symbol): above 0, with at most \(coin.decimals) decimals")
    }
    self.amount = amount.value
    switch (body.signature, body.publicKey, body.time) {
    case (nil, nil, nil): signature = nil
    case (let text?, let key?, let time?):
      guard let bytes = Hex.decode(text), bytes.count == 64, let key = Hex.decode(key), key.count == 32 else {
        throw Refusal(.badRequest, "signature is 128 and publicKey 64 hex digits")
      }
      signature = ThresholdOrder.Signature(publicKey: key, bytes: bytes, at: time)
    default: throw Refusal(.badRequest, "signature, publicKey and time belong together; \(expected)")
    }
  }
}
