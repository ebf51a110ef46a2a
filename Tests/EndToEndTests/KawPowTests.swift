import Foundation
import Hashing
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// The KawPow dialect against the built binary: clients that search on the light cache.
  @Suite struct KawPowTests {
    private static func pool(_ folder: TemporaryFolder, network: String = "test") throws -> ZionServer {
      try ZionServer("pool", in: folder, settings: EndToEnd.embeddedPool(interval: "120s"))
    }

    @Test(.timeLimit(.minutes(3)))
    func `one upstream's nonces are split over three miners, who never search the same`() async throws {
      let folder = try TemporaryFolder("kawpow-split")
      let pool = try Self.pool(folder)
      let proxy = try ZionServer(
        "proxy", in: folder,
        settings: """
          reply: upstream
          threads: 1
          algorithm: kawpow
          pools:
            - { name: up, url: "stratum+tcp://127.0.0.1:\(pool.port)", user: \(EndToEnd.address(0xc1)), algorithm: kawpow }
          \(EndToEnd.noLocalPool)
          """)
      try await pool.start()
      try await proxy.start()
      let cache = try KawPowClient.firstCache()
      try await EndToEnd.withLoops { loops in
        var prefixes: [[UInt8]] = []
        var ranges: [Range<UInt64>] = []
        for index in 1...3 {
          let miner = try await KawPowClient(port: proxy.port, user: "farm.rig\(index)", on: loops)
          let (prefix, job) = try await miner.waitForJob()
          #expect(prefix.count == 3)
          #expect(miner.toldTarget == job.target)
          prefixes.append(prefix)
          let first = prefix.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << 40
          ranges.append(first..<first + 1 << 40)
          let found = try #require(miner.search(job, prefix: prefix, cache: cache))
          #expect(ranges[index - 1].contains(found.nonce))
          let answer = try await miner.submit(job, id: 40, nonce: found.nonce, mix: found.mix)
          // A block of another may have come in between.
          #expect(answer["result"].bool == true || answer["error"][0].int == 21, "\(answer)")
        }
        // One connection upstream, and its two bytes before the third of each miner.
        #expect(Set(prefixes).count == 3)
        #expect(Set(prefixes.map { Array($0.prefix(2)) }).count == 1)
        for (index, range) in ranges.enumerated() {
          for other in ranges[(index + 1)...] { #expect(!range.overlaps(other)) }
        }
        print("KawPow prefixes behind one upstream: \(prefixes.map { Hex.encode($0) })")
      }
      let told = try await proxy.api.get("/api/pools").json["pools"][0]
      #expect(told["connections"].int == 1)
      #expect(told["answered"]["accepted"].int ?? 0 >= 1, "\(told)")
      #expect(try await proxy.process.stop() == .status(0), "\(proxy.process.tail)")
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func `zion mine works through a second proxy`() async throws {
      let folder = try TemporaryFolder("kawpow-proxy")
      let pool = try Self.pool(folder)
      let proxy = try ZionServer(
        "proxy", in: folder,
        settings: """
          pools:
            - { name: up, url: "stratum+tcp://127.0.0.1:\(pool.port)", user: \(EndToEnd.address(0xc2)), algorithm: kawpow }
          \(EndToEnd.noLocalPool)
          """)
      try await pool.start()
      try await proxy.start()
      let miner = try ServerProcess(
        "miner", in: proxy.folder,
        arguments: [
          "mine", "--url", proxy.url, "--user", "farm.rig", "--algorithm", "kawpow", "--threads", "1", "--shares", "3",
          "--for", "60",
        ])
      try miner.start()
      #expect(try await miner.end(within: .seconds(80)) == .status(0), "\(miner.tail)")
      #expect(try await proxy.process.stop() == .status(0), "\(proxy.process.tail)")
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func
      `a share with a wrong mix, header or prefix is refused with its reason, a good one and its twin are told apart`()
      async throws
    {
      let folder = try TemporaryFolder("kawpow-judge")
      let pool = try Self.pool(folder)
      try await pool.start()
      let cache = try KawPowClient.firstCache()
      try await EndToEnd.withLoops { loops in
        let miner = try await KawPowClient(port: pool.port, user: "\(EndToEnd.address(0xc3)).rig", on: loops)
        let (prefix, job) = try await miner.waitForJob()
        let found = try #require(miner.search(job, prefix: prefix, cache: cache))
        func answer(_ id: Int, nonce: UInt64, mix: Hash256, header: Hash256? = nil) async throws -> (Int?, String) {
          let answer = try await miner.submit(job, id: id, nonce: nonce, mix: mix, header: header)
          return (answer["error"][0].int, answer["error"][1].string ?? "")
        }
        let outside = found.nonce ^ 1 << 63
        #expect(try await answer(41, nonce: outside, mix: found.mix) == (20, RejectReason.noncePrefix.message))
        let header = Hash256(number: UInt256(7))
        #expect(
          try await answer(42, nonce: found.nonce, mix: found.mix, header: header)
            == (20, RejectReason.headerHash.message))
        // A made-up mix whose claimed hash is good enough: only the whole verify tells.
        var lie: Hash256?
        for guess in UInt64(1)..<10_000 where lie == nil {
          let mix = Hash256(number: UInt256(guess))
          let claim = KawPow.finalHash(header: job.headerHash, nonce: found.nonce, mix: mix)
          if job.target.isMet(by: claim) { lie = mix }
        }
        #expect(try await answer(43, nonce: found.nonce, mix: try #require(lie)) == (20, RejectReason.mixHash.message))
        // The mix of another height: the program is another one three heights on.
        let elsewhere = KawPow.hash(
          header: job.headerHash, nonce: found.nonce, height: job.height + 3, cache: cache)
        let (code, _) = try await answer(44, nonce: found.nonce, mix: elsewhere.mix)
        #expect(code == 20 || code == 23)
        let weak = Hash256(number: UInt256(lastUnmet(job, found.nonce)))
        #expect(try await answer(45, nonce: found.nonce, mix: weak) == (23, RejectReason.lowDifficulty.message))
        let good = try await miner.submit(job, id: 46, nonce: found.nonce, mix: found.mix)
        #expect(good["result"].bool == true, "\(good)")
        #expect(try await answer(47, nonce: found.nonce, mix: found.mix).0 == 22)
        miner.connection.send(line: #"{"id":48,"method":"mining.submit","params":["u","1","0x12","0x00","0x00"]}"#)
        try await eventually("an answer to a short nonce") {
          miner.connection.messages.contains { $0["id"].int == 48 }
        }
        let short = try #require(miner.connection.messages.first { $0["id"].int == 48 })
        #expect(short["error"][0].int == 20)
        #expect(short["error"][1].string == "incorrect size of nonce, must be 8 bytes of hex")
      }
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }

    /// A mix, as a number, whose claimed hash does not meet the job's target.
    private func lastUnmet(_ job: KawPowClient.Job, _ nonce: UInt64) -> UInt64 {
      var guess: UInt64 = 1 << 32
      while true {
        let claim = KawPow.finalHash(header: job.headerHash, nonce: nonce, mix: Hash256(number: UInt256(guess)))
        if !job.target.isMet(by: claim) { return guess }
        guess += 1
      }
    }
  }
}
