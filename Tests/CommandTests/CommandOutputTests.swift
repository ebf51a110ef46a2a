import API
import Testing

@testable import zion

@Suite struct CommandOutputTests {
  @Test func `status shows pools, alarms and miners, and no control characters of theirs`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      let client = APIClient("http://127.0.0.1:\(api.port)/")
      let status = StatusCommand.Status(
        stats: try await client.get("/api/stats"), pools: try await client.get("/api/pools"),
        miners: try await client.get("/api/miners"))
      let lines = StatusCommand.lines(status, miners: 20)
      #expect(lines[0] == "zion test at 0.0.0.0:3333, up 1 m 30 s, policy default")
      #expect(lines[2] == "1 miner, 1.50 TH/s; shares: 100 accepted, 4 rejected; 2 blocks found")
      #expect(lines.contains { $0.hasPrefix("alpha  upstream  sha256d    ready") && $0.hasSuffix("90.0 %      42 ms") })
      #expect(lines.contains("! zion: the journal cannot be written: No space left on device"))
      #expect(lines.contains("! alpha accepts only 90.0 % of what we accepted: look at its answers"))
      #expect(lines.contains { $0.hasPrefix("farm   rig1?[31m  sha256d    alpha") && $0.hasSuffix("1 h 6 m") })
      #expect(StatusCommand.lines(status, miners: 0).last == "… and 1 more")
    }
  }

  @Test func `move says how many moved, how fast, and who stayed`() {
    let report = MoveReport(
      moved: 12, reconnecting: 2, refused: 1, medianSwitchMilliseconds: 1.84, worstSwitchMilliseconds: 31.2)
    #expect(
      MoveCommand.sentence(report, to: "alpha")
        == "12 miners moved to alpha in 1.8 ms (median), 31 ms (worst); 2 reconnect; 1 had to stay: no seat was free")
    let nobody = MoveReport(moved: 0, reconnecting: 0, refused: 0)
    #expect(MoveCommand.sentence(nobody, to: "alpha") == "nobody had to move: all are at alpha")
    #expect(MoveCommand.sentence(nobody, to: "auto") == "given back to the policy")
  }

  @Test func `the client hands on the server's reason`() async throws {
    let fleet = FakeFleet()
    fleet.change { $0.answer = .failure(.notReady("connection refused")) }
    try await fleet.serve(token: "sesame") { api in
      let url = "http://127.0.0.1:\(api.port)"
      let refused = await #expect(throws: APIClient.Failure.self) {
        try await APIClient(url, token: "sesame").move(to: "alpha", worker: nil)
      }
      #expect(refused?.description == "alpha cannot take miners now: connection refused; nobody was moved")
      let denied = await #expect(throws: APIClient.Failure.self) {
        try await APIClient(url).move(to: "alpha", worker: nil)
      }
      #expect(denied?.description.contains("a token is needed") == true)
    }
  }

  @Test func `a summary says what would run`() {
    #expect(
      Configuration().summary == [
        "miners connect to 0.0.0.0:3333, sha256d unless they say otherwise, at most 10000",
        "the API listens at 127.0.0.1:3334, without a token: nobody can move miners",
        "data in ./data",
        "local pool zion: sha256d scrypt cosmic_harmony yescrypt yescryptR8 yescryptR16 yescryptR32 yespower yespowerR16 "
          + "kawpow, embedded chain dev, for development, a block about every 120 s",
        "shares in sqlite:pool.sqlite, each for 90 days",
        "policy default: failover, the pools as listed, then the local pool",
      ])
  }
}
