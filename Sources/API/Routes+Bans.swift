import FoundationEssentials
import Hummingbird

/// Who is kept out.
extension Routes {
  private static let withoutBans = "This process bans nobody."

  static let banRoutes: [Route] = [
    Route(
      template: "/api/bans", group: .pool,
      summary: "Bans that hold now, newest first; whom they meet is for those who may see addresses.",
      parameters: [.integer("limit", 1...1000, otherwise: 100, "At most so many.")],
      statuses: [.notFound: withoutBans], success: .json(BansPage.self)
    ) { routes, call async throws(Refusal) in
      try .json(BansPage(await routes.bans().bans(), limit: call.number("limit", otherwise: 100), call.seesAddresses))
    },
    Route(
      template: "/api/bans/statistics", group: .pool, summary: "Bans by reason, network and day.",
      parameters: [.integer("days", 1...366, otherwise: 30, "Days back.")],
      statuses: [.notFound: withoutBans, .serviceUnavailable: "The database cannot be read now."],
      success: .json(BanCounts.self)
    ) { routes, call async throws(Refusal) in
      let view = try routes.bans()
      var counts = try await Self.stored { try await view.statistics(days: call.number("days", otherwise: 30)) }
      if !call.seesAddresses { counts.networks = nil }
      return try .json(counts)
    },
    Route(
      template: "/api/bans/explain", group: .pool,
      summary: "What led to the bans of an address, a network or NAME@ADDRESS.",
      parameters: [.text("subject", upTo: 260, "As /api/bans writes it.")], scope: .read,
      statuses: [
        .notFound: "Nobody who can be banned is called that.", .serviceUnavailable: "The database cannot be read now.",
      ],
      success: .json(BanExplanation.self)
    ) { routes, call async throws(Refusal) in
      let view = try routes.bans()
      return try .json(await Self.stored { try await view.explanation(of: call.text("subject")) })
    },
    Route(
      method: .post, template: "/api/bans", group: .pool,
      summary: "Ban an address, a network or NAME@ADDRESS, for some seconds or until it is lifted.", scope: .operate,
      body: Route.RequestBody {
        [
          "type": "object", "required": ["subject", "reason"], "additionalProperties": false,
          "properties": [
            "subject": ["type": "string", "minLength": 1, "maxLength": 260],
            "seconds": ["type": ["integer", "null"], "minimum": 1, "maximum": 315_360_000],
            "reason": [
              "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
            ],
          ],
        ]
      },
      statuses: [
        .notFound: "Nobody who can be banned is called that.",
        .conflict: "It is kept from bans, or the order is not one; the sentence says why.",
      ],
      success: .json(BanPage.self)
    ) { routes, call async throws(Refusal) in
      let view = try routes.bans()
      guard let order = try? JSONDecoder().decode(BanOrderPage.self, from: call.body) else {
        throw Refusal(.badRequest, #"write {"subject": "192.0.2.7", "seconds": 3600, "reason": "TEXT"}"#)
      }
      let ban: BanPage
      do throws(BanRefusal) {
        ban = try await view.ban(order, by: call.token?.name ?? "token")
      } catch {
        throw Self.refusal(error)
      }
      return try .json(ban)
    },
    Route(
      method: .post, template: "/api/bans/lift", group: .pool,
      summary: "Lift a ban; what led to it is forgotten.", scope: .operate,
      body: Route.RequestBody {
        [
          "type": "object", "required": ["subject"], "additionalProperties": false,
          "properties": ["subject": ["type": "string", "minLength": 1, "maxLength": 260]],
        ]
      },
      statuses: [.notFound: "There is no such ban."],
      success: .json(LiftedPage.self)
    ) { routes, call async throws(Refusal) in
      let view = try routes.bans()
      guard let fields = try? JSONDecoder().decode([String: String].self, from: call.body), fields.count == 1,
        let subject = fields["subject"]
      else { throw Refusal(.badRequest, #"write {"subject": "192.0.2.7"}"#) }
      let isLifted: Bool
      do throws(BanRefusal) {
        isLifted = try await view.lift(subject, by: call.token?.name ?? "token")
      } catch {
        throw Self.refusal(error)
      }
      guard isLifted else {
        throw Refusal(.notFound, "“\(subject.prefix(64))” is not banned; see /api/bans")
      }
      return try .json(LiftedPage(lifted: subject))
    },
  ]

  private func bans() throws(Refusal) -> any BanView {
    guard let bans = view.bans else { throw Refusal(.notFound, Self.withoutBans) }
    return bans
  }

  private static func refusal(_ error: BanRefusal) -> Refusal {
    Refusal(error.isUnknown ? .notFound : .conflict, error.reason)
  }

  private static func stored<Page>(_ read: () async throws -> Page) async throws(Refusal) -> Page {
    do {
      return try await read()
    } catch let refusal as BanRefusal {
      throw Self.refusal(refusal)
    } catch {
      throw Refusal(.serviceUnavailable, "the database cannot be read now: \(error)")
    }
  }
}

/// `/api/bans`
public struct BansPage: Codable, Sendable, Equatable {
  public var total: Int
  public var addresses: Int
  public var networks: Int
  public var names: Int
  public var bans: [BanPage]

  init(_ all: [BanPage], limit: Int, _ seesAddresses: Bool) {
    total = all.count
    addresses = all.count { $0.kind == .address }
    networks = all.count { $0.kind == .network }
    names = all.count { $0.kind == .name }
    bans = all.prefix(limit).map { ban in
      var ban = ban
      if !seesAddresses { ban.subject = nil }
      return ban
    }
  }
}

/// What is not banned any more.
struct LiftedPage: Codable, Sendable {
  var lifted: String
}
