import API
import TestSupport
import Testing

@Suite struct PolicyAPITests {
  private let nightly = PolicyReport(
    name: "nightly", mode: "optimize_profit", preset: "balanced", text: "name: nightly", file: "p.yaml",
    loadedAt: 1_760_000_000)

  @Test func `the policy in use is shown with its text, and the mistakes of a broken edit`() async throws {
    let fleet = FakeFleet()
    fleet.change { $0.policy = nightly }
    try await fleet.serve(token: nil) { api in
      let page = try await api.get("/api/orchestrator/policy").json
      #expect(page["name"].string == "nightly" && page["mode"].string == "optimize_profit")
      #expect(page["preset"].string == "balanced" && page["text"].string == "name: nightly")
      #expect(page["file"].string == "p.yaml" && page["loadedAt"].int == 1_760_000_000)
      #expect(page["problems"].array.isEmpty)
      fleet.change {
        $0.policy.problems = [
          .init(line: 3, key: "order[0]", message: "there is no pool “x”"), .init(line: nil, key: "", message: "m"),
        ]
      }
      let broken = try await api.get("/api/orchestrator/policy").json["problems"]
      #expect(broken[0]["line"].int == 3 && broken[0]["key"].string == "order[0]" && broken[1]["line"].isNull)
      #expect(try await api.send("POST", "/api/orchestrator/policy", body: "{}").status == 405)
    }
  }

  @Test func `edits are counted, and a broken file is a gauge`() async throws {
    let fleet = FakeFleet()
    fleet.change { $0.policy = nightly }
    fleet.change {
      $0.policy.reloads = 4
      $0.policy.brokenReloads = 2
    }
    try await fleet.serve(token: nil) { api in
      let well = try await api.get("/metrics").text
      #expect(
        well.contains("zion_policy_reloads_total{result=\"ok\"} 4\nzion_policy_reloads_total{result=\"broken\"} 2\n"))
      #expect(well.contains("\nzion_policy_broken 0\n"))
      #expect(well.contains("policy=\"nightly\"} 1\n"))
      fleet.change { $0.policy.problems = [.init(line: 1, key: "mode", message: "m")] }
      #expect(try await api.get("/metrics").text.contains("\nzion_policy_broken 1\n"))
      #expect(try await api.get("/api/stats").json["about"]["policy"].string == "nightly")
    }
  }
}
