import FoundationEssentials
import Hummingbird
import NIOCore
import Orchestrator

/// What is decided, why, and by which policy.
extension Routes {
  static let orchestratorRoutes: [Route] = [
    Route(
      template: "/api/orchestrator/scores", group: .orchestrator,
      summary: "What the orchestrator thinks now: every group's newest decision with all its scores.",
      success: .json(OrchestratorPage.self)
    ) { routes, _ async throws(Refusal) in try .json(await routes.view.orchestrator()) },
    Route(
      template: "/api/orchestrator/decisions", group: .orchestrator,
      summary: "Decisions that moved someone, newest first, with what they brought.", parameters: decisionParameters,
      success: .json(DecisionsPage.self)
    ) { routes, call async throws(Refusal) in try .json(await routes.decisions(call)) },
    Route(
      template: "/api/moves", group: .orchestrator,
      summary: "Moves in short, newest first: who was moved from where to where, when and why.",
      parameters: decisionParameters, success: .json(MovesPage.self)
    ) { routes, call async throws(Refusal) in try .json(MovesPage(await routes.decisions(call))) },
    Route(
      template: "/api/orchestrator/policy", group: .orchestrator,
      summary: "The policy in use, and what is wrong with the newest edit of its file.",
      success: .json(PolicyReport.self)
    ) { routes, _ async throws(Refusal) in try .json(await routes.view.policy()) },
    Route(
      method: .post, template: "/api/orchestrator/mode", group: .orchestrator,
      summary: "Order a mode instead of the policy's, or `policy` to give it back.", scope: .operate,
      body: Route.RequestBody {
        [
          "type": "object", "required": ["mode"], "additionalProperties": false,
          "properties": ["mode": Schema.words(Policy.Mode.allCases.map(\.rawValue) + ["policy"])],
        ]
      },
      success: .json(OrchestratorPage.self)
    ) { routes, call async throws(Refusal) in
      await routes.view.order(.mode(try Self.mode(in: call.body)))
      return try .json(await routes.view.orchestrator())
    },
    Route(
      method: .post, template: "/api/orchestrator/pause", group: .orchestrator,
      summary: "Stop deciding, or go on.", scope: .operate,
      body: Route.RequestBody {
        [
          "type": "object", "required": ["paused"], "additionalProperties": false,
          "properties": ["paused": ["type": "boolean"]],
        ]
      },
      success: .json(OrchestratorPage.self)
    ) { routes, call async throws(Refusal) in
      guard let fields = try? JSONDecoder().decode([String: Bool].self, from: call.body), fields.count == 1,
        let paused = fields["paused"]
      else { throw Refusal(.badRequest, #"write {"paused": true} or {"paused": false}"#) }
      await routes.view.order(.pause(paused))
      return try .json(await routes.view.orchestrator())
    },
    Route(
      method: .post, template: "/api/orchestrator/explain", group: .orchestrator,
      summary: "What a policy, sent as its YAML text, would do now. Nothing is changed.", scope: .operate,
      // As long as a policy file may be.
      body: Route.RequestBody(
        contentType: "application/yaml", schema: { ["type": "string"] }, byteLimit: 1 << 20, isRequired: false),
      statuses: [.unprocessableContent: "The policy has mistakes: a line for each."],
      success: .json(ExplanationPage.self)
    ) { routes, call async throws(Refusal) in
      let page: ExplanationPage
      do throws(PolicyProblems) {
        page = try await routes.view.explain(policy: String(decoding: call.body, as: UTF8.self))
      } catch {
        throw Refusal(.unprocessableContent, error.lines.joined(separator: "\n"))
      }
      return try .json(page)
    },
  ]

  private static let decisionParameters = [
    Parameter.integer("limit", 1...1000, otherwise: 100, "At most so many."),
    Parameter.text("group", upTo: 128, "Of one group of miners only."),
  ]

  private func decisions(_ call: Call) async -> DecisionsPage {
    let group = call.isGiven("group") ? call.text("group") : nil
    let all = await view.decisions().reversed().filter { group == nil || $0.decision.group == group }
    return DecisionsPage(decisions: Array(all.prefix(call.number("limit", otherwise: 100))))
  }

  /// `nil` gives the mode back to the policy.
  private static func mode(in body: Data) throws(Refusal) -> Policy.Mode? {
    let modes = Policy.Mode.allCases.map(\.rawValue).joined(separator: ", ")
    guard let fields = try? JSONDecoder().decode([String: String].self, from: body), fields.count == 1,
      let mode = fields["mode"]
    else { throw Refusal(.badRequest, #"write {"mode": "MODE"}, with one of \#(modes); or {"mode": "policy"}"#) }
    if mode == "policy" { return nil }
    guard let known = Policy.Mode(rawValue: mode) else {
      throw Refusal(.badRequest, "there is no mode “\(mode.prefix(64))”; there are \(modes), and policy")
    }
    return known
  }
}

/// `/api/moves`: decisions that moved someone, in short.
public struct MovesPage: Codable, Sendable {
  public struct Move: Codable, Sendable {
    public let number: Int
    /// Seconds since 1970.
    public let at: Double
    public let group: String
    public let from: String?
    public let to: String?
    public let reason: String
    /// Revenue against that of the pool that was left, less 1; `nil` until it is known.
    public let realisedGain: Double?
  }

  public let moves: [Move]

  init(_ page: DecisionsPage) {
    moves = page.decisions.map { entry in
      Move(
        number: entry.number, at: entry.decision.at, group: entry.decision.group, from: entry.decision.from,
        to: entry.decision.to, reason: entry.decision.reason, realisedGain: entry.realisedGain)
    }
  }
}
