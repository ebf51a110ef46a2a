import FoundationEssentials
import Hummingbird

extension Routes {
  /// Only the operator may change something.
  func authorize(_ request: Request) throws(Refusal) {
    guard let token else {
      throw Refusal(
        .forbidden, "no token is configured, so nothing can be changed over HTTP; set api.token_file (or api.token)")
    }
    guard let header = request.headers[.authorization] else {
      throw Refusal(
        .unauthorized, "a token is needed; send the header Authorization: Bearer TOKEN",
        headers: [.wwwAuthenticate: "Bearer"])
    }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer", Self.isSame(words[1].utf8, token.utf8) else {
      throw Refusal(.forbidden, "this token is wrong; it is the one of api.token_file (or api.token)")
    }
  }

  /// Takes as long for every wrong token of one length: nobody can find it letter by letter.
  static func isSame(_ given: some Collection<UInt8>, _ expected: some Collection<UInt8>) -> Bool {
    var difference: UInt8 = given.count == expected.count ? 0 : 1
    var index = expected.startIndex
    for byte in given {
      if index == expected.endIndex { index = expected.startIndex }
      guard index != expected.endIndex else { return false }
      difference |= byte ^ expected[index]
      index = expected.index(after: index)
    }
    return difference == 0
  }

  func move(_ request: Request) async throws(Refusal) -> Response {
    let order = try await Self.order(in: request)
    do throws(MoveError) {
      return JSONResponse.make(try await view.move(to: order.to, worker: order.worker))
    } catch {
      throw Self.refusal(error, order)
    }
  }

  private struct Order {
    let to: String
    let worker: String?
  }

  private static func order(in request: Request) async throws(Refusal) -> Order {
    let bytes = try await body(of: request)
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
      Refusal(.notFound, "no connected miner is called “\((order.worker ?? "").prefix(256))”; see /api/stats")
    case .notReady(let trouble):
      Refusal(.conflict, "\(order.to) cannot take miners now: \(trouble ?? "it is not ready"); nobody was moved")
    case .otherAlgorithm(let pool, let worker):
      Refusal(
        .conflict, "\(order.to) is for \(pool.rawValue), and the worker mines \(worker.rawValue); nobody was moved")
    }
  }
}
