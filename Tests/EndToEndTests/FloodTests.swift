import Foundation
import Hashing
import NIOConcurrencyHelpers
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// One connection sends ten thousand junk KawPow shares a second, and others go on mining beside it.
  @Suite struct FloodTests {
    /// At least; longer when the honest miner beside it is slow, as on a busy machine.
    private static let seconds = 6
    private static let longestSeconds = 40
    private static let perBurst = 200
    /// What the flooder sends at least: ten thousand a second, or as fast as a busy machine lets it.
    private static let junkCount = 10_000 * seconds

    /// Bursts of shares that look right, and whose mix hashes are made up.
    private func junk(_ flooder: KawPowClient, _ prefix: [UInt8], _ job: KawPowClient.Job) -> [[UInt8]] {
      var random = SeededRandom(seed: 4)
      let first = prefix.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << UInt64(64 - 8 * prefix.count)
      return (0..<100).map { burst in
        (0..<Self.perBurst).flatMap { index in
          let number = UInt64(burst * Self.perBurst + index)
          let mix = Hash256(number: UInt256(random.next(), random.next(), random.next(), random.next()))
          return Array((flooder.line(job, id: Int(number) + 100, nonce: first + number, mix: mix) + "\n").utf8)
        }
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `attack 2, flood of invalid shares: it is told why and slowed, and nobody else waits for it`() async throws {
      let folder = try TemporaryFolder("kawpow-flood")
      // Where conduct is judged the flooder is gone after a few shares.
      let pool = try ZionServer(
        "pool", in: folder, settings: EndToEnd.embeddedPool(interval: "120s") + "bans: { enabled: false }\n")
      try await pool.start()
      let cache = try KawPowClient.firstCache()
      try await EndToEnd.withLoops { loops in
        let neighbours = EndToEnd.miners(4, at: pool.port, on: loops, sharesPerSecond: 5) { options, _ in
          options.password = "a=sha256d,d=0.0001"
        }
        try await neighbours.startAndWait()
        let rig = try await KawPowClient(port: pool.port, user: "\(EndToEnd.address(0xc5)).rig", on: loops)
        let (rigPrefix, _) = try await rig.waitForJob()
        let flooder = try await KawPowClient(port: pool.port, user: "\(EndToEnd.address(0xc4)).rig", on: loops)
        let (prefix, job) = try await flooder.waitForJob()
        let bursts = junk(flooder, prefix, job)
        let before = neighbours.acceptedCount

        let isOver = NIOLockedValueBox(false)
        async let flooded = flood(flooder, bursts, until: isOver)
        let (rigAccepted, deepest) = try await mine(rig, rigPrefix, cache, beside: pool)
        isOver.withLockedValue { $0 = true }
        let (sent, lasted) = try await flooded
        try await neighbours.mine(5)

        let accepted = neighbours.acceptedCount - before
        #expect(accepted >= 20)
        #expect(neighbours.rejections.keys.allSatisfy { $0.hasPrefix("21") }, "\(neighbours.rejections)")
        #expect(neighbours.disconnects == 0)
        #expect(rigAccepted >= 2)
        let answers = flooder.connection.messages
        let reasons = Set(answers.compactMap { $0["error"][0].int })
        #expect(reasons.isSubset(of: [20, 21, 22, 23]), "\(reasons)")
        #expect(answers.filter { $0["result"].bool == true && ($0["id"].int ?? 0) >= 100 }.isEmpty)
        let slowed = answers.filter {
          $0["method"].string == "client.show_message" && $0["params"][0].string?.hasPrefix("Slowed down") == true
        }
        #expect(!slowed.isEmpty)
        // What is not read is not judged.
        let judged = answers.count { !$0["error"].isNull }
        #expect(judged < sent / 10, "\(judged) of \(sent)")
        #expect(deepest <= 100)
        print(
          "flood: \(sent) junk shares sent in \(Int(lasted)) s, \(judged) judged, told \(slowed.count) times, queue at "
            + "most \(deepest); neighbours had \(accepted) accepted, a KawPow rig \(rigAccepted)")
        neighbours.stop()
      }
      #expect(try await pool.process.stop() == .status(0), "\(pool.process.tail)")
    }

    /// How many were sent, in how many seconds.
    private func flood(
      _ flooder: KawPowClient, _ bursts: [[UInt8]], until isOver: NIOLockedValueBox<Bool>
    ) async throws -> (sent: Int, seconds: Double) {
      let start = ContinuousClock.now
      var sent = 0
      while !isOver.withLockedValue({ $0 }) || sent < Self.junkCount {
        flooder.connection.send(bursts[sent / Self.perBurst % bursts.count])
        sent += Self.perBurst
        try await Task.sleep(until: start + .microseconds(100 * sent), clock: .continuous)
      }
      return (sent, TestSupport.seconds(since: start))
    }

    /// An honest miner while the flood lasts: its accepted shares, and the deepest queue that it saw.
    private func mine(
      _ rig: KawPowClient, _ prefix: [UInt8], _ cache: KawPowCache, beside pool: ZionServer
    ) async throws -> (accepted: Int, deepest: Int) {
      let start = ContinuousClock.now
      var (accepted, deepest, tries) = (0, 0, 0)
      while ContinuousClock.now - start < .seconds(accepted < 2 ? Self.longestSeconds : Self.seconds) {
        tries += 1
        let metrics = try await pool.api.get("/metrics").text
        let depth = metrics.split(separator: "\n").first { $0.hasPrefix("zion_verifier_queue_depth ") }
        deepest = max(deepest, depth.flatMap { Int($0.split(separator: " ")[1]) } ?? 0)
        guard let job = rig.job,
          let found = rig.search(job, prefix: prefix, cache: cache, skip: UInt64(tries) * 100_000)
        else { continue }
        let answer = try await rig.submit(job, id: 1000 + tries, nonce: found.nonce, mix: found.mix)
        if answer["result"].bool == true { accepted += 1 }
      }
      return (accepted, deepest)
    }
  }
}
