import Foundation
import Hashing
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// Miners that come with `login`, as XMRig and ZION's old miners do.
  @Suite struct LoginTests {
    @Test(.timeLimit(.minutes(2)))
    func `a miner that logs in by the words of old ZION miners gets work, and its share counts`() async throws {
      let folder = try TemporaryFolder("login")
      let pool = try ZionServer("pool", in: folder, settings: EndToEnd.embeddedPool(interval: "120s"))
      try await pool.start()
      try await EndToEnd.withLoops { loops in
        let miner = try await RawConnection(port: pool.port, on: loops)
        let user = EndToEnd.address(0xd1)
        miner.send(
          line: #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"\#(user).old","pass":"yescrypt","#
            + #""agent":"ZION-Yescrypt-Miner/1.0"}}"#)
        try await eventually("the answer to login", detail: { "\(miner.lines)" }) { !miner.lines.isEmpty }
        // Old miners look for these very bytes.
        #expect(miner.lines[0].contains(#""status":"OK""#))
        #expect(!miner.lines[0].contains("error"))
        let job = miner.messages[0]["result"]["job"]
        #expect(job["algo"].string == "yescrypt")
        let header = try #require(
          job["block_header"].string.flatMap { Hex.decode($0) }.flatMap { BlockHeader(bytes: $0) })
        let target = try #require(job["target"].string.flatMap { UInt256(hex: $0) })
        var search = NonceSearch(algorithm: .yescrypt, header: header, target: Target(target))
        let first = search.first(in: 0..<100_000)
        let found = try #require(first)
        let id = try #require(job["job_id"].string)
        miner.send(
          line: #"{"id":2,"jsonrpc":"2.0","method":"submit","params":{"id":"x","job_id":"\#(id)","#
            + #""nonce":"\#(Hex.encode(found.nonce))","result":"\#(found.hash.displayHex)"}}"#)
        miner.send(line: #"{"id":3,"jsonrpc":"2.0","method":"keepalived","params":{"id":"x"}}"#)
        try await eventually("answers", detail: { "\(miner.lines)" }) {
          miner.messages.contains { $0["id"].int == 2 } && miner.messages.contains { $0["id"].int == 3 }
        }
        let answer = try #require(miner.messages.first { $0["id"].int == 2 })
        #expect(answer["result"]["status"].string == "OK", "\(miner.lines)")
        let alive = try #require(miner.messages.first { $0["id"].int == 3 })
        #expect(alive["result"]["status"].string == "KEEPALIVED")

        let stranger = try await RawConnection(port: pool.port, on: loops)
        stranger.send(
          line: #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"\#(user)","pass":"x","#
            + #""agent":"XMRig/6.21","algo":["rx/0"]}}"#)
        try await eventually("an answer", detail: { "\(stranger.lines)" }) { !stranger.lines.isEmpty }
        #expect(stranger.messages[0]["error"]["code"].int == -24)
        #expect(stranger.messages[0]["error"]["message"].string?.hasPrefix("No pool here serves rx/0") == true)
      }
      try await eventually("the share is stored") {
        try await pool.api.get("/api/miner/\(EndToEnd.address(0xd1))").json["shares"].int ?? 0 >= 1
      }
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }
  }
}
