import Stratum
import TestSupport
import Testing

@testable import Proxy

/// A miner whose shares cannot count is read more slowly, and nobody else is.
@Suite struct BrakeTests {
  private func farm() -> ModelFarm {
    // Where conduct is judged, such a miner is gone before.
    let farm = ModelFarm([.init(name: "kaw", algorithm: .kawpow), .init(name: "sha")], caches: EpochZero.caches) {
      $0.judgesConduct = false
    }
    farm.connectSources()
    return farm
  }

  @Test func `a flooder is not read for a second, then again, and its neighbour all the time`() throws {
    let farm = farm()
    let (flooder, neighbour) = (farm.connectKawPow(password: "d=1e-9"), farm.connectKawPow())
    let job = try #require(flooder.jobs.last)
    let low = flooder.invent(job, meeting: try #require(job.target), false)
    var sent = 0
    while !flooder.socket.isPaused, sent < 1000 {
      flooder.submit(low, of: job)
      sent += 1
    }
    farm.settle()
    #expect(sent == Int(ShareBrake.fullBalance) + 1)
    let shown = flooder.flushes.joined().filter { $0.contains("client.show_message") }
    #expect(shown.count == 1)
    #expect(shown.first?.contains("Slowed down: not read for 1 s") == true)
    #expect(shown.first?.contains(RejectReason.lowDifficulty.message) == true)
    #expect(flooder.answers.count == sent + 1, "everything that was read is answered")

    #expect(!neighbour.socket.isPaused)
    let good = try #require(neighbour.jobs.last)
    neighbour.submit(neighbour.solve(good, using: try EpochZero.cache()), of: good)
    #expect(farm.verify())
    #expect(neighbour.answers.last == .success(.bool(true)))

    let resumed = flooder.socket.resumeCount
    farm.wait(1)
    #expect(!flooder.socket.isPaused && flooder.socket.resumeCount == resumed + 1)
    #expect(flooder.isOpen)
    farm.stop()
  }

  @Test func `wrong mixes, which cost a verify each, bring the pause sooner`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    var sent = 0
    while !miner.socket.isPaused, sent < 20 {
      miner.submit(miner.invent(job, meeting: .easiest), of: job)
      #expect(farm.verify())
      sent += 1
    }
    #expect(sent == 5)
    farm.stop()
  }

  @Test func `stale shares, and shares that a lost pool cannot take, slow nobody down`() throws {
    let farm = farm()
    farm.source("sha")?.answer = .rejected(.upstreamLost)
    let miner = farm.connect()
    let job = try #require(miner.jobs.last)
    for _ in 0..<300 { _ = miner.submit(job) }
    farm.source("sha")?.offer(clean: true)
    farm.wait(3)
    for _ in 0..<300 { _ = miner.submit(job) }
    farm.settle()
    #expect(!miner.socket.isPaused)
    #expect(miner.answers.count == 600 + 2)
    farm.stop()
  }

  @Test func `a miner that leaves while it is not read comes back as any other`() throws {
    let farm = farm()
    let miner = farm.connectKawPow(password: "d=1e-9")
    let job = try #require(miner.jobs.last)
    let low = miner.invent(job, meeting: try #require(job.target), false)
    while !miner.socket.isPaused { miner.submit(low, of: job) }
    miner.socket.close()
    farm.wait(2)
    let back = farm.connectKawPow()
    #expect(back.jobs.count == 1 && !back.socket.isPaused)
    farm.stop()
  }
}
