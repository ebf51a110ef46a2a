import FoundationEssentials
import Hummingbird
import NIOCore
import Orchestrator

extension Routes {
  /// Everything below `/api/orchestrator` that is decided and not configured; `nil` when there is no such path.
  func orchestrator(_ name: String, _ request: Request) async throws(Refusal) -> Response? {
    switch name {
    case "scores":
      try allow([.get, .head], request)
      return JSONResponse.make(await view.orchestrator())
    case "decisions":
      try allow([.get, .head], request)
      return JSONResponse.make(try await decisions(request))
    case "mode", "pause":
      try allow([.post], request)
      try authorize(request)
      await view.order(try await order(name, request))
      return JSONResponse.make(await view.orchestrator())
    case "force":
      try allow([.post], request)
      try authorize(request)
      return try await move(request)
    case "explain":
      try allow([.post], request)
      try authorize(request)
      return try await explain(request)
    default: return nil
    }
  }

  private func decisions(_ request: Request) async throws(Refusal) -> DecisionsPage {
    let query = request.uri.queryParameters
    let limit = try number(query["limit"].map(String.init), "limit", in: 1...1000) ?? 100
    let group = query["group"].map(String.init)
    let all = await view.decisions().reversed().filter { group == nil || $0.decision.group == group }
    return DecisionsPage(decisions: Array(all.prefix(limit)))
  }

  private func number(
    _ text: String?, _ name: String, in range: ClosedRange<Int>
  ) throws(Refusal) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal(.badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private func order(_ name: String, _ request: Request) async throws(Refusal) -> OrchestratorOrder {
    let body = try await Self.body(of: request)
    if name == "pause" {
      guard let fields = try? JSONDecoder().decode([String: Bool].self, from: body), fields.count == 1,
        let paused = fields["paused"]
      else { throw Refusal(.badRequest, #"write {"paused": true} or {"paused": false}"#) }
      return .pause(paused)
    }
    let modes = Policy.Mode.allCases.map(\.rawValue).joined(separator: ", ")
    guard let fields = try? JSONDecoder().decode([String: String].self, from: body), fields.count == 1,
      let mode = fields["mode"]
    else { throw Refusal(.badRequest, #"write {"mode": "MODE"}, with one of \#(modes); or {"mode": "policy"}"#) }
    if mode == "policy" { return .mode(nil) }
    guard let known = Policy.Mode(rawValue: mode) else {
      throw Refusal(.badRequest, "there is no mode “\(mode.prefix(64))”; there are \(modes), and policy")
    }
    return .mode(known)
  }

  private func explain(_ request: Request) async throws(Refusal) -> Response {
    // As long as a policy file may be.
    let text = String(decoding: try await Self.body(of: request, limit: 1 << 20), as: UTF8.self)
    do throws(PolicyProblems) {
      return JSONResponse.make(try await view.explain(policy: text))
    } catch {
      throw Refusal(.unprocessableContent, error.lines.joined(separator: "\n"))
    }
  }

  static func body(of request: Request, limit: Int = APIServer.bodyByteLimit) async throws(Refusal) -> Data {
    do {
      let bytes = try await request.body.collect(upTo: limit)
      return Data(bytes.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw Refusal(.contentTooLarge, "the body is longer than \(limit) bytes")
    } catch {
      throw Refusal(.badRequest, "the body could not be read")
    }
  }
}
