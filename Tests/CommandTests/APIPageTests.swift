import Foundation
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import API

/// How answers travel, and what miners' own words do in them.
@Suite struct APIPageTests {
  @Test func `an answer that is known is not sent again`() async throws {
    try await FakeFleet().serve(token: nil) { api in
      let first = try await api.get("/api/pools")
      let tag = try #require(first.headers["etag"])
      let again = try await api.send("GET", "/api/pools", headers: ["If-None-Match": "\"x\", \(tag)"])
      #expect(again.status == 304 && again.text.isEmpty && again.headers["etag"] == tag)
      #expect(try await api.send("GET", "/api/pools", headers: ["If-None-Match": "\"x\""]).status == 200)
      #expect(try await api.get("/api/nothing").headers["etag"] == nil)
    }
  }

  @Test func `a file of the dashboard that is known is not sent again`() async throws {
    let dashboard = Dashboard()
    try await FakeFleet().serve(token: nil, pages: { dashboard.file(at: $0) }) { api in
      let first = try await api.get("/js/main.js")
      let tag = try #require(first.headers["etag"])
      #expect(first.status == 200 && !first.text.isEmpty)
      for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let again = try await api.send("GET", "/js/main.js", headers: ["If-None-Match": known])
        #expect(again.status == 304 && again.text.isEmpty && again.headers["etag"] == tag, "\(known)")
        #expect(again.headers["content-security-policy"] == first.headers["content-security-policy"])
      }
      let other = try await api.send("GET", "/", headers: ["If-None-Match": tag])
      #expect(other.status == 200 && other.headers["etag"] != tag)
    }
  }

  @Test func `gzip is for those who take it, and for what is long`() throws {
    let text = String(repeating: "zion ", count: 1000)
    let reply = Reply.text(text)
    let short = try #require(reply.gzipped)
    #expect(short.readableBytes < 200)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("page-\(UUID().uuidString).gz")
    try Data(short.readableBytesView).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let gunzip = Process()
    gunzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gunzip.arguments = ["gzip", "-dc", file.path]
    let pipe = Pipe()
    gunzip.standardOutput = pipe
    try gunzip.start()
    let unpacked = pipe.fileHandleForReading.readDataToEndOfFile()
    gunzip.waitUntilExit()
    #expect(unpacked == Data(text.utf8))
    #expect(Reply.text("short").gzipped == nil)
    #expect(Reply.takesGzip("br, gzip;q=0.5") && Reply.takesGzip("*"))
    #expect(!Reply.takesGzip("") && !Reply.takesGzip("gzip;q=0, br") && !Reply.takesGzip("gzip;q=0.000"))
  }

  @Test func `one look at the fleet serves all who ask within a second, and a change ends it`() async throws {
    let fleet = FakeFleet.withPool()
    let token = APIToken(name: "operator", token: "turn", scopes: [.operate])
    try await fleet.serve(token: nil, access: APIAccess(tokens: [token], freshSeconds: 600)) { api in
      let path = "/api/pools/zion/blocks"
      for _ in 0..<5 { #expect(try await api.get(path).status == 200) }
      let pool = try #require(fleet.state.withLockedValue { $0.pool })
      #expect(pool.reads.withLockedValue { $0 } == 1)
      // Another question is another page.
      #expect(try await api.get(path + "?pageSize=3").status == 200)
      #expect(pool.reads.withLockedValue { $0 } == 2)
      #expect(try await api.move(#"{"to":"alpha"}"#, token: "turn").status == 200)
      #expect(try await api.get(path).status == 200)
      #expect(pool.reads.withLockedValue { $0 } == 3)
    }
  }

  @Test func `what is long is refused with its limit`() async throws {
    try await FakeFleet().serve(token: "sesame") { api in
      let address = try await api.get("/api/miners?x=" + String(repeating: "a", count: 5000))
      #expect(address.status == 414 && address.error.contains("4096"))
      let body = try await api.move(String(repeating: " ", count: 5000), token: "sesame")
      #expect(body.status == 413 && body.error.contains("4096"))
    }
  }

  @Test func `workers are found, sorted and paged`() async throws {
    let fleet = FakeFleet()
    fleet.change { state in
      let sample = state.snapshot.miners[0]
      state.snapshot.miners = (0..<120).map { number in
        var miner = sample
        miner.session = UInt64(number)
        miner.identity = MinerIdentity(account: "farm\(number % 3)", worker: "rig\(number)")
        miner.hashrate = Hashrate(Double(number * 7 % 120))
        miner.source = number % 2 == 0 ? "alpha" : "zion"
        return miner
      }
    }
    try await fleet.serve(token: nil) { api in
      let first = try await api.get("/api/workers").json
      #expect(first["total"].int == 120 && first["pageCount"].int == 3 && first["workers"].array.count == 50)
      let rates = first["workers"].array.compactMap { $0["hashrate"].double }
      #expect(rates.count == 50 && rates == rates.sorted(by: >))
      let last = try await api.get("/api/workers?page=2&order=ascending").json["workers"].array
      #expect(last.count == 20 && last.last?["hashrate"].double == 119)
      #expect(try await api.get("/api/workers?search=RIG11").json["total"].int == 11)
      #expect(try await api.get("/api/workers?pool=zion").json["total"].int == 60)
      #expect(try await api.get("/api/workers?algorithm=scrypt").json["total"].int == 0)
      let names = try await api.get("/api/workers?sort=worker&order=ascending&pageSize=3").json["workers"].array
      #expect(names.compactMap { $0["worker"].string } == ["rig0", "rig1", "rig10"])
      #expect(try await api.get("/api/workers?sort=shoesize").status == 400)
    }
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\"'`${}", "\u{202e}gnp.exe", "a\u{0}b", "\r\nX-Evil: 1", "\u{2028}</script>",
    String(repeating: "x", count: 10_240),
  ])
  func `names that miners give are words in JSON and nothing else`(name: String) async throws {
    let fleet = FakeFleet.withPool()
    fleet.change { state in
      state.snapshot.miners[0].identity = MinerIdentity(account: name, worker: name)
      state.snapshot.miners[0].userAgent = name
    }
    try await fleet.serve(token: nil) { api in
      for path in [
        "/api/workers", "/api/miners", "/api/pools/alpha/miners", "/api/pools/alpha/miners/\(FakePoolView.address)",
      ] {
        let answer = try await api.get(path)
        #expect(answer.status == 200 && answer.headers["content-type"]?.hasPrefix("application/json") == true)
        #expect(answer.headers["x-content-type-options"] == "nosniff" && answer.headers["x-evil"] == nil)
        #expect(!answer.text.utf8.contains { $0 < 32 }, "control characters are escaped")
      }
      #expect(try await api.get("/api/workers").json["workers"].array.contains { $0["worker"].string == name })
      #expect(!(try await api.get("/metrics").text.contains(name)))
    }
  }
}
