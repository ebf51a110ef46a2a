import API
import Orchestrator
import Stratum
import Testing

@Suite struct APITests {
  @Test func `health is 200 while there is work and every part is well, and says why not otherwise`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: nil) { api in
      let well = try await api.get("/api/health")
      #expect(well.status == 200 && well.json["healthy"].bool == true)
      #expect(well.json["parts"][1]["reason"].string == "the journal cannot be written: No space left on device")
      fleet.change { $0.parts = [PartHealth(name: "node", healthy: false, reason: "no answer for 30 s")] }
      let ill = try await api.get("/api/health")
      #expect(ill.status == 503 && ill.json["parts"][2]["reason"].string == "no answer for 30 s")
      fleet.change {
        $0.parts = []
        $0.snapshot.sources[0].isReady = false
      }
      #expect(try await api.get("/api/health").status == 503)
      fleet.change { $0.snapshot.sources = [] }
      #expect(try await api.get("/api/health").status == 503)
    }
  }

  @Test func `stats add up what miners were told`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      let answer = try await api.get("/api/stats")
      let stats = answer.json
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
      #expect(stats["shares"]["accepted"].int == 100 && stats["shares"]["rejected"].int == 4)
      #expect(stats["shares"]["rejectedByReason"]["stale"].int == 3)
      #expect(stats["blocks"]["found"].int == 2 && stats["blocks"]["latest"][0]["height"].int == 12)
      #expect(stats["uptimeSeconds"].double == 90 && stats["miners"].int == 1)
      #expect(stats["algorithms"]["sha256d"]["hashrateText"].string == "1.50 TH/s")
    }
  }

  @Test func `pools show both counters, and an alarm when they part`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      let pool = try await api.get("/api/pools").json["pools"][0]
      #expect(pool["told"]["accepted"].int == 100 && pool["answered"]["accepted"].int == 45)
      #expect(pool["agreement"].double == 0.9 && pool["alarm"].bool == true)
      #expect(pool["acceptedWork"].string == "1180591620717411303424")
      let local = try await api.get("/api/pools").json["pools"][1]
      #expect(local["state"].string == "not ready" && local["alarm"].bool == false && local["agreement"].isNull)
    }
  }

  @Test func `a miner is what is stored and who is connected`() async throws {
    let fleet = FakeFleet()
    fleet.change {
      $0.reports["gone"] = MinerReport(
        account: "gone", work: ShareWork(hashes: 5), shares: 2,
        workers: [WorkerReport(worker: "w", work: ShareWork(hashes: 5), shares: 2, lastShare: 9)], blocks: [])
    }
    try await fleet.serve(token: nil) { api in
      let gone = try await api.get("/api/miner/gone")
      #expect(gone.status == 200 && gone.json["work"].string == "5" && gone.json["workers"][0]["shares"].int == 2)
      let live = try await api.get("/api/miner/farm")
      #expect(live.status == 200 && live.json["sessions"][0]["pool"].string == "alpha")
      let shouted = try await api.get("/api/miner/FARM")
      #expect(shouted.status == 200 && shouted.json["address"].string == "farm")
      let unknown = try await api.get("/api/miner/nobody")
      #expect(unknown.status == 404 && unknown.error.contains("nobody"))
      for path in ["/api/miner/a%20b", "/api/miner/%00", "/api/miner/" + String(repeating: "a", count: 129)] {
        #expect(try await api.get(path).status == 400)
      }
      let short = try await api.get("/api/miner/ZION_short")
      #expect(short.status == 400 && short.error.contains("40 hex digits"))
      fleet.change { $0.isStorageBroken = true }
      #expect(try await api.get("/api/miner/gone").status == 503)
      #expect(try await api.get("/api/stats").error.contains("storage"))
    }
  }

  @Test func `what is not there is 404, and the wrong method 405 with the right ones`() async throws {
    try await FakeFleet().serve(token: "sesame") { api in
      for path in ["/", "/api", "/api/statz", "/api/miner", "/api/miner/a/b", "/metrics/x", "/%2e%2e/etc/passwd"] {
        let answer = try await api.get(path)
        #expect(answer.status == 404 && answer.error.contains("/api/stats"), "\(path)")
      }
      let wrong = try await api.send("DELETE", "/api/stats")
      #expect(wrong.status == 405 && wrong.headers["allow"] == "GET, HEAD" && wrong.error.contains("DELETE"))
      let get = try await api.get("/api/move")
      #expect(get.status == 405 && get.headers["allow"] == "POST")
      let head = try await api.send("HEAD", "/api/stats")
      #expect(head.status == 200 && head.text.isEmpty)
    }
  }

  @Test func `a page beside the API is served as it is, and never under it`() async throws {
    let file = StaticFile(
      bytes: Array("<p>hello".utf8), contentType: "text/html; charset=utf-8",
      fields: ["Content-Security-Policy": "default-src 'self'"])
    try await FakeFleet().serve(token: nil, pages: { $0 == "/" || $0 == "/api/statz" ? file : nil }) { api in
      let page = try await api.get("/")
      #expect(page.status == 200 && page.text == "<p>hello" && page.headers["content-type"] == file.contentType)
      #expect(page.headers["content-security-policy"] == "default-src 'self'")
      #expect(try await api.get("/other").status == 404)
      #expect(try await api.get("/api/statz").status == 404)
      #expect(try await api.send("POST", "/").status == 405)
    }
  }

  @Test func `the same state gives the same bytes, keys sorted`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      let first = try await api.get("/api/pools").text
      for _ in 0..<5 { #expect(try await api.get("/api/pools").text == first) }
      #expect(first.hasPrefix(#"{"pools":[{"acceptedWork":"#))
    }
  }

  @Test func `metrics are Prometheus text with names of ours only`() async throws {
    let fleet = FakeFleet()
    fleet.change { $0.snapshot.sources[0].name = "a\"b\\c\nd" }
    try await fleet.serve(token: nil) { api in
      let answer = try await api.get("/metrics")
      #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      let labels = #"source="a\"b\\c\nd",kind="upstream",algorithm="sha256d""#
      #expect(answer.text.contains("\nzion_shares_accepted_total{\(labels)} 100\n"))
      #expect(answer.text.contains("zion_shares_rejected_total{\(labels),reason=\"other\"} 1\n"))
      #expect(answer.text.contains("zion_source_agreement_ratio{\(labels)} 0.9\n"))
      #expect(answer.text.contains("zion_source_reply_seconds{\(labels),quantile=\"0.99\"} 0.042\n"))
      #expect(!answer.text.contains("somebody") && !answer.text.contains("rig1"))
      for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
        #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
      }
    }
  }

  @Test func `only the token moves miners`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: "sesame") { api in
      let missing = try await api.move(#"{"to":"alpha"}"#, token: nil)
      #expect(missing.status == 401 && missing.headers["www-authenticate"] == "Bearer")
      for wrong in ["sesam", "sesamesesame", "Sesame", "x"] {
        #expect(try await api.move(#"{"to":"alpha"}"#, token: wrong).status == 403)
      }
      let basic = try await api.send(
        "POST", "/api/move", body: #"{"to":"alpha"}"#, headers: ["Authorization": "Basic sesame"])
      #expect(basic.status == 403)
      #expect(fleet.state.withLockedValue { $0.orders }.isEmpty)
    }
    try await fleet.serve(token: nil) { api in
      let none = try await api.move(#"{"to":"alpha"}"#, token: "")
      #expect(none.status == 403 && none.error.contains("api.token_file"))
    }
  }

  @Test func `an order is carried out and reported`() async throws {
    let fleet = FakeFleet()
    let report = MoveReport(
      moved: 3, reconnecting: 1, refused: 2, medianSwitchMilliseconds: 1.5, worstSwitchMilliseconds: 4)
    fleet.change { $0.answer = .success(report) }
    try await fleet.serve(token: "sesame") { api in
      let all = try await api.move(#"{"to":"alpha"}"#, token: "sesame")
      #expect(all.status == 200 && all.json["moved"].int == 3 && all.json["worstSwitchMilliseconds"].double == 4)
      #expect(try await api.move(#"{"to":"auto","worker":"farm.rig1"}"#, token: "sesame").status == 200)
      #expect(try await api.move(#"{"to":"zion","worker":null}"#, token: "sesame").status == 200)
      #expect(fleet.state.withLockedValue { $0.orders } == ["alpha/*", "auto/farm.rig1", "zion/*"])
    }
  }

  @Test func `an order that cannot be carried out has a status of its own and the reason`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: "sesame") { api in
      let cases: [(MoveError, Int, String)] = [
        (.unknownPool(known: ["alpha", "zion"]), 404, "alpha, zion, and auto"),
        (.unknownWorker, 404, "rig9"), (.notReady("connection refused"), 409, "connection refused"),
        (.otherAlgorithm(pool: .scrypt, worker: .sha256d), 409, "scrypt"),
      ]
      for (error, status, words) in cases {
        fleet.change { $0.answer = .failure(error) }
        let answer = try await api.move(#"{"to":"beta","worker":"rig9"}"#, token: "sesame")
        #expect(answer.status == status && answer.error.contains(words))
      }
    }
  }

  @Test func `a body that is no order is refused with what to write`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: "sesame") { api in
      for body in [
        "", "[]", "alpha", "{", #"{"to":1}"#, #"{"to":""}"#, #"{"worker":"x"}"#, #"{"to":"a","worker":""}"#,
        #"{"to":"a","wroker":"x"}"#,
      ] {
        let answer = try await api.move(body, token: "sesame")
        #expect(answer.status == 400 && !answer.json["error"].isNull, "\(body)")
      }
      let long = try await api.move(#"{"to":"\#(String(repeating: "a", count: 5000))"}"#, token: "sesame")
      #expect(long.status == 413)
      #expect(fleet.state.withLockedValue { $0.orders }.isEmpty)
    }
  }
}
