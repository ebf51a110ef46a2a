import Foundation
import TestSupport
import Testing

/// What Miningcore and ZION document as their answers, held against the server by shape.
@Suite struct GoldenTests {
  private static let miner = FakePoolView.address

  @Test func `documented answers have their shape here`() async throws {
    try await FakeFleet.withPool().serve(token: nil) { api in
      for (name, path) in GoldenPages.all(pool: "zion", miner: Self.miner, height: 12) {
        let answer = try await api.get(path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        #expect(ShapeCheck.differences(of: answer.json, from: try GoldenPages.golden(name)) == [], "\(path)")
      }
    }
  }

  @Test func `every pool in the list has what Miningcore's have, but for what an upstream does not tell`() async throws
  {
    let unknown = [
      "lastPoolBlockTime", "poolStats.lastPoolBlockTime", "networkStats.lastNetworkBlockTime",
      "coin.canonicalName",
    ]
    try await FakeFleet.withPool().serve(token: nil) { api in
      let pools = try await api.get("/api/pools").json["pools"].array
      let golden = try GoldenPages.golden("miningcore-pools")["pools"][0]
      #expect(pools.map { $0["id"].string } == ["alpha", "zion"])
      #expect(ShapeCheck.differences(of: pools[1], from: golden) == [])
      let missing = ShapeCheck.differences(of: pools[0], from: golden)
      #expect(Set(missing).isSubset(of: Set(unknown.map { "$.\($0) is missing" })), "\(missing)")
    }
  }

  @Test func `paging and status codes are Miningcore's`() async throws {
    try await FakeFleet.withPool().serve(token: nil) { api in
      let changes = "/api/v2/pools/zion/miners/\(Self.miner)/balancechanges"
      let last = try await api.get(changes + "?page=2&pageSize=15").json
      #expect(last["pageCount"].int == 3 && last["itemCount"].int == 40 && last["result"].array.count == 10)
      #expect(last["success"].bool == true)
      #expect(try await api.get(changes + "?page=9").json["result"].array.isEmpty)
      #expect(try await api.get("/api/pools/zion/blocks?state=Confirmed").json.array.isEmpty)
      #expect(try await api.get("/api/pools/zion/blocks?state=pending&state=orphaned").json.array.count == 1)
      let unknown = try await api.get("/api/pools/xmr1/blocks")
      #expect(unknown.status == 404 && unknown.error.contains("xmr1") && unknown.error.contains("zion"))
      let stranger = try await api.get("/api/pools/zion/miners/nobody")
      #expect(stranger.status == 200 && stranger.json["totalPaid"].double == 0)
      #expect(stranger.json["performance"].isNull)
      for query in ["page=-1", "pageSize=0", "pageSize=101", "page=x", "page=1&page=2", "state=Lost", "page=%00"] {
        let wrong = try await api.get("/api/pools/zion/blocks?\(query)")
        #expect(wrong.status == 400 && !wrong.json["error"].isNull, "\(query)")
      }
    }
  }

  @Test func `figures are the pool's own`() async throws {
    try await FakeFleet.withPool().serve(token: nil) { api in
      let miner = try await api.get("/api/pools/zion/miners/\(Self.miner)").json
      #expect(miner["pendingBalance"].double == 1.5 && miner["totalPaid"].double == 12.5)
      // 2^33 hashes are two shares of difficulty 1.
      #expect(abs((miner["pendingShares"].double ?? 0) - 2) < 0.001)
      let block = try await api.get("/api/pools/zion/blocks").json[0]
      #expect(block["effort"].double == 0.5 && block["status"].string == "pending")
      #expect(block["reward"].double == 42.835 && block["confirmationProgress"].double == 0.03)
      let zion = try await api.get("/block/12").json
      #expect(zion["gross_reward"].double == 43.335 && zion["lines"][0]["base"].string == "42.835000")
      #expect(try await api.get("/block/13").status == 404)
      #expect(try await api.get("/api/stats").json["pending_payouts_zion"].double == 1.5)
    }
  }

  @Test func `without a local pool its routes say so, and upstreams are still shown`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      for path in ["/api/pool", "/api/fees", "/api/audit", "/api/payouts", "/block/1", "/api/consciousness/levels"] {
        let answer = try await api.get(path)
        #expect(answer.status == 404 && answer.error.contains("no local pool"), "\(path)")
      }
      #expect(try await api.get("/api/pools/alpha").json["pool"]["poolStats"]["connectedMiners"].int == 1)
      #expect(try await api.get("/api/pools/alpha/blocks").text == "[]")
      #expect(try await api.get("/api/health").json["database_status"].string == "none")
    }
  }
}
