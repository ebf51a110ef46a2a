import Foundation
import Hashing
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// The HTTP interface of a running pool, asked by programs.
  @Suite struct APIFuzzTests {
    private static let address = EndToEnd.address(0xabc)

    @Test(.timeLimit(.minutes(6)))
    func `a running pool answers as its OpenAPI document says, whatever it is asked`() async throws {
      let folder = try TemporaryFolder("api-fuzz")
      let server = try ZionServer(
        "pool", in: folder,
        settings: "algorithm: sha256d\n" + EndToEnd.fixedDifficulty("0.0001") + EndToEnd.embeddedPool(interval: "1s"))
      try await server.start()
      let miner = try ServerProcess(
        "miner", in: server.folder,
        arguments: ["mine", "--url", server.url, "--user", "\(Self.address).rig1", "--threads", "1"])
      try miner.start()
      try await eventually("a block", within: .seconds(60), detail: { miner.tail }) {
        try await server.api.get("/block/1").status == 200
      }
      try await conforms(server)

      let fuzz = try ServerProcess(
        "schemathesis", in: server.folder, executable: URL(fileURLWithPath: "/usr/bin/env"),
        arguments: [
          "ZION_TOKEN=\(ZionServer.token)", "ZION_ADDRESS=\(Self.address)", Self.tool("schemathesis.sh"),
          "http://127.0.0.1:\(server.api.port)",
          "40",
        ])
      try fuzz.start()
      #expect(try await fuzz.end(within: .seconds(240)) == .status(0), "\(fuzz.output.suffix(8000))")

      // What schemathesis changed is in the audit's chain, which still holds.
      let trail = try String(
        contentsOf: server.folder.appendingPathComponent("data/api-audit.log"), encoding: .utf8)
      #expect(trail.contains(#""path":"/api/orchestrator/pause""#) && trail.contains(#""who":"token""#))
      #expect(!trail.contains(ZionServer.token))
      miner.kill(SIGINT)
      #expect(try await miner.end() == .status(0), "\(miner.tail)")
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      let verify = try ServerProcess(
        "verify", in: server.folder, arguments: ["audit", "verify", "--config", "zion.yaml"])
      try verify.start()
      #expect(try await verify.end() == .status(0), "\(verify.tail)")
    }

    private static func tool(_ name: String) -> String {
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("tools/\(name)").path
    }

    /// Every documented GET, strictly.
    private func conforms(_ server: ZionServer) async throws {
      let document = try await server.api.get("/api/openapi.json").json
      let check = SchemaCheck(document: document)
      // Nothing was paid yet, and no period of receipts is over.
      let isThere = { template in !["/api/payouts/{batch}", "/api/receipts/{start}/{address}"].contains(template) }
      for (template, item) in document["paths"].object where !item["get"].isNull && isThere(template) {
        let path = template.replacing("{id}", with: "zion").replacing("{address}", with: Self.address)
          .replacing("{height}", with: "1").replacing("/bans/explain", with: "/bans/explain?subject=192.0.2.7")
        let answer = try await server.api.get(path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        let content = item["get"]["responses"]["200"]["content"].object
        guard let schema = content["application/json; charset=utf-8"]?["schema"] else { continue }
        #expect(check.mistakes(in: answer.json, as: schema) == [], "\(path)")
      }
    }

    @Test(.timeLimit(.minutes(4)))
    func `the document that a running pool serves is valid OpenAPI 3.1, in the words of its specification`()
      async throws
    {
      let folder = try TemporaryFolder("api-document")
      let server = try ZionServer("pool", in: folder, settings: EndToEnd.embeddedPool(interval: "1s"))
      try await server.start()
      let document = try await server.api.get("/api/openapi.json")
      #expect(document.status == 200 && document.json["openapi"].string == "3.1.0")
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      let verdict = try await validate(document.text, "served", in: folder)
      #expect(verdict.status == 0, "\(verdict.output)")

      // A validator that finds nothing anywhere would find nothing here.
      let broken = document.text.replacing(#""in":"path""#, with: #""in":"pathh""#)
      #expect(broken != document.text)
      let other = try await validate(broken, "broken", in: folder)
      #expect(other.status == 1 && other.output.contains("pathh"), "\(other.output)")
    }

    private func validate(_ text: String, _ name: String, in folder: TemporaryFolder) async throws -> CommandOutcome {
      try folder.write(text, to: "\(name).json")
      let process = try ServerProcess(
        "validate-\(name)", in: folder.url, executable: URL(fileURLWithPath: Self.tool("validate-openapi.sh")),
        arguments: ["\(name).json"])
      try process.start()
      // The first one may have to fetch the validator.
      guard case .status(let status) = try await process.end(within: .seconds(150)) else {
        return CommandOutcome(status: -1, output: process.output)
      }
      return CommandOutcome(status: status, output: process.output)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a miner's own signature sets its threshold over HTTP, once, and nobody else's does`() async throws {
      let folder = try TemporaryFolder("api-threshold")
      let server = try ZionServer(
        "pool", in: folder, settings: EndToEnd.embeddedPool(interval: "1s"))
      try await server.start()
      let key = try #require(Ed25519PrivateKey(seed: Array(repeating: 7, count: 32)))
      let address = "ZION_" + Hex.encode(ripemd160(sha256(key.publicKey.bytes))).uppercased()
      let path = "/api/pools/zion/miners/\(address)/settings"
      let now = UnixTime(seconds: UInt32(Date().timeIntervalSince1970))
      let wish = ThresholdChange(address: address, threshold: AtomicUnits(2_500_000), signedAt: now)
      func body(_ coins: String, by signer: Ed25519PrivateKey) -> String {
        let signature = Hex.encode(signer.signature(of: wish.message))
        return #"{"settings":{"paymentThreshold":\#(coins)},"signature":"\#(signature)","#
          + #""publicKey":"\#(Hex.encode(signer.publicKey.bytes))","time":\#(now.seconds)}"#
      }
      let stranger = try #require(Ed25519PrivateKey(seed: Array(repeating: 8, count: 32)))
      let open = HTTPClient(port: server.api.port)
      #expect(try await open.post(path, body("2.5", by: stranger)).status == 403)
      #expect(try await open.post(path, body("2.6", by: key)).status == 403)
      let set = try await open.post(path, body("2.5", by: key))
      #expect(set.status == 200 && set.json["paymentThreshold"].double == 2.5, "\(set.text)")
      #expect(try await open.post(path, body("2.5", by: key)).status == 403, "a message counts once")
      #expect(try await open.get(path).json["paymentThreshold"].double == 2.5)
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
