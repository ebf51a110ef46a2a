import FoundationEssentials
import Hummingbird

/// Orders to move miners.
extension Routes {
  static let orderRoutes: [Route] = [
    move("/api/move", .live), move("/api/orchestrator/force", .orchestrator),
  ]

  private static func move(_ template: String, _ group: Route.Group) -> Route {
    Route(
      method: .post, template: template, group: group,
      summary: "Move miners to a pool (`to`), or give them back to the policy (`auto`); all, or those of `worker`.",
      scope: .operate,
      body: Route.RequestBody {
        [
          "type": "object", "required": ["to"], "additionalProperties": false,
          "properties": [
            "to": ["type": "string", "minLength": 1], "worker": ["type": ["string", "null"], "minLength": 1],
          ],
        ]
      },
      statuses: [
        .notFound: "There is no such pool, or no such worker.",
        .conflict: "The pool cannot take the miners now, or is for another algorithm.",
      ],
      success: .json(MoveReport.self)
    ) { routes, call async throws(Refusal) in try await routes.move(call) }
  }

  private func move(_ call: Call) async throws(Refusal) -> Reply {
    let order = try Self.order(in: call.body)
    let report: MoveReport
    do throws(MoveError) {
      report = try await view.move(to: order.to, worker: order.worker)
    } catch {
      throw Self.refusal(error, order)
    }
    return try .json(report)
  }

  private struct Order {
    let to: String
    let worker: String?
  }

  private static func order(in bytes: Data) throws(Refusal) -> Order {
    let expected = #"write {"to": "POOL"} or {"to": "POOL", "worker": "NAME"}"#
    guard let fields = try? JSONDecoder().decode([String: String?].self, from: bytes) else {
      throw Refusal(.badRequest, "the body is not a JSON object of strings; \(expected)")
    }
    if let unknown = fields.keys.filter({ $0 != "to" && $0 != "worker" }).min() {
      throw Refusal(.badRequest, "“\(unknown.prefix(64))” is not known; \(expected)")
    }
    guard let to = fields["to"] ?? nil, !to.isEmpty else {
      throw Refusal(.badRequest, "“to” is missing; \(expected)")
    }
    let worker = fields["worker"] ?? nil
    guard worker?.isEmpty != true else {
      throw Refusal(.badRequest, "“worker” is empty; leave it out to move everyone")
    }
    return Order(to: to, worker: worker)
  }

  private static func refusal(_ error: MoveError, _ order: Order) -> Refusal {
    switch error {
    case .unknownPool(let known):
      Refusal(
        .notFound, "there is no pool “\(order.to.prefix(64))”; there are \(known.joined(separator: ", ")), and auto")
    case .unknownWorker:
      Refusal(.notFound, "no connected miner is called “\((order.worker ?? "").prefix(256))”; see /api/workers")
    case .notReady(let trouble):
      Refusal(.conflict, "\(order.to) cannot take miners now: \(trouble ?? "it is not ready"); nobody was moved")
    case .otherAlgorithm(let pool, let worker):
      Refusal(
        .conflict, "\(order.to) is for \(pool.rawValue), and the worker mines \(worker.rawValue); nobody was moved")
    }
  }
}
