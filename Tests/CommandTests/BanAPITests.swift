import Stratum
import TestSupport
import Testing

@testable import API

/// Bans over HTTP: who sees whom, and who may change what.
@Suite struct BanAPITests {
  private static let token = ["Authorization": "Bearer sesame"]

  @Test func `whom a ban meets is shown to those who may see addresses alone`() async throws {
    try await FakeFleet.withPool().serve(token: "sesame") { api in
      let open = try await api.get("/api/bans").json
      #expect(open["addresses"].int == 1 && open["bans"][0]["reason"].string == "3 disconnections within an hour")
      #expect(open["bans"][0]["subject"].isNull)
      let seen = try await api.send("GET", "/api/bans", headers: Self.token).json
      #expect(seen["bans"][0]["subject"].string == FakeBans.address)
      #expect(try await api.get("/api/bans/statistics").json["networks"].isNull)
      let counts = try await api.send("GET", "/api/bans/statistics", headers: Self.token).json
      #expect(counts["networks"][0]["label"].string == "192.0.2.0/24")
      #expect(try await api.get("/api/bans/explain?subject=\(FakeBans.address)").status == 401)
      let why = try await api.send("GET", "/api/bans/explain?subject=\(FakeBans.address)", headers: Self.token)
      #expect(why.json["history"][1]["liftedBy"].string == "anna")
      #expect(try await api.send("GET", "/api/bans/explain?subject=x", headers: Self.token).status == 404)
    }
  }

  @Test func `bans are made and lifted by those who may, and each is written down`() async throws {
    let fleet = FakeFleet.withPool()
    try await fleet.serve(token: "sesame") { api in
      let order = #"{"subject": "192.0.2.9", "seconds": 60, "reason": "tests"}"#
      #expect(try await api.send("POST", "/api/bans", body: order).status == 401)
      let made = try await api.send("POST", "/api/bans", body: order, headers: Self.token)
      #expect(made.status == 200 && made.json["by"].string == "test" && made.json["subject"].string == "192.0.2.9")
      for (path, body, status) in [
        ("/api/bans", "{}", 400), ("/api/bans", #"{"subject": "10.0.0.1", "reason": "x"}"#, 409),
        ("/api/bans/lift", #"{"subject": "192.0.2.7"}"#, 200), ("/api/bans/lift", #"{"subject": "192.0.2.8"}"#, 404),
        ("/api/bans/lift", #"{"who": "192.0.2.8"}"#, 400),
      ] {
        let answer = try await api.send("POST", path, body: body, headers: Self.token)
        #expect(answer.status == status, "\(path) \(body): \(answer.text)")
      }
    }
    #expect(fleet.state.withLockedValue { $0.writes.map(\.status) } == [200, 400, 409, 200, 404, 400])
  }

  @Test func `who bans nobody says so`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: nil) { api in
      let answer = try await api.get("/api/bans")
      #expect(answer.status == 404 && answer.json["error"].string == "This process bans nobody.")
    }
  }
}
