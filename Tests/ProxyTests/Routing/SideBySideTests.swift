import Stratum
import TestSupport
import Testing

@testable import Proxy

/// Sources of several algorithms behind one listener.
@Suite struct SideBySideTests {
  private func farm() -> ModelFarm {
    let farm = ModelFarm([
      .init(name: "sha"), .init(name: "script", algorithm: .scrypt), .init(name: "crypt", algorithm: .yescrypt),
      .init(name: "kaw", algorithm: .kawpow), .init(name: "zion", adopts: true),
      .init(name: "zion:kawpow", pool: "zion", algorithm: .kawpow, adopts: true),
    ])
    farm.connectSources()
    return farm
  }

  struct Wish: CustomTestStringConvertible, Sendable {
    var user = "acct.rig"
    var password = "x"
    var agent = "model"
    let gets: String

    var testDescription: String { "\(user) \(password) \(agent)" }
  }

  @Test(arguments: [
    Wish(gets: "sha"),
    Wish(user: "acct.rig+scrypt", gets: "script"),
    Wish(user: "acct.rig+scrypt", password: "a=yescrypt", agent: "kawpowminer/1.2.4", gets: "script"),
    Wish(user: "acct.rig+scrypt", password: "a=nonsense", gets: "script"),
    Wish(password: "a=yescrypt", gets: "crypt"),
    Wish(password: "d=1e-9;algo=yescrypt", gets: "crypt"),
    Wish(password: "my-yescrypt-rig", gets: "crypt"),
    Wish(password: "scrypt a=yescrypt", gets: "crypt"),
    Wish(password: "a=scrypt", agent: "kawpowminer/1.2.4", gets: "script"),
    Wish(password: "scrypt", agent: "kawpowminer/1.2.4", gets: "script"),
    Wish(agent: "scrypt-miner/2", gets: "script"),
    Wish(password: "sha256d", agent: "SRBMiner-MULTI/2.4", gets: "sha"),
  ]) func `the name decides what a miner mines, then the password, then the program`(wish: Wish) {
    let farm = farm()
    let miner = farm.connect(user: wish.user, password: wish.password, agent: wish.agent)
    #expect(miner.source == wish.gets)
    #expect(miner.jobs.last.map { farm.source(wish.gets)?.owns($0.notice) == true } == true)
    #expect(miner.connection.session.identity?.user == "acct.rig")
    farm.stop()
  }

  @Test(arguments: [
    Wish(agent: "kawpowminer/1.2.4", gets: "kaw"),
    Wish(agent: "SRBMiner-MULTI/2.4", gets: "kaw"),
    Wish(password: "a=kawpow", agent: "SRBMiner-MULTI/2.4", gets: "kaw"),
    Wish(user: "acct.rig+kawpow", agent: "kawpowminer/1.2.4", gets: "kaw"),
  ]) func `a miner known by its program mines KawPow from its first seat on`(wish: Wish) {
    let farm = farm()
    let miner = farm.connectKawPow(user: wish.user, password: wish.password, agent: wish.agent)
    #expect(miner.source == wish.gets)
    #expect(miner.methods == ["prefix", "target", "clean"])
    #expect(miner.prefix == miner.connection.session.seat?.extranonce1 && miner.prefix.count == 3)
    farm.stop()
  }

  @Test func `a miner that names another algorithm while it waits for a seat is seated once`() {
    let farm = ModelFarm([.init(name: "sha"), .init(name: "script", algorithm: .scrypt)])
    farm.source("script")?.connect()
    // Nobody serves the listener's own algorithm yet, so that the subscribe waits.
    let miner = farm.connect(user: "acct.rig+scrypt")
    #expect(miner.source == "script")
    farm.wait(3)
    #expect(miner.source == "script")
    #expect(miner.methods == ["extranonce", "difficulty", "clean"])
    farm.stop()
  }

  @Test func `every miner gets jobs of its own algorithm only, whatever comes and goes`() {
    let farm = farm()
    let algorithms: [Algorithm] = [.sha256d, .scrypt, .yescrypt]
    let miners = algorithms.map { farm.connect(user: "acct.rig+\($0.rawValue)") }
    let gpu = farm.connectKawPow()
    for round in 0..<4 {
      for source in farm.sources {
        source.offer(clean: round % 2 == 0)
        farm.settle()
      }
      farm.wait(1)
    }
    for (algorithm, miner) in zip(algorithms, miners) {
      #expect(miner.jobs.count >= 5)
      for job in miner.jobs {
        #expect(farm.sources.contains { $0.algorithm == algorithm && $0.owns(job.notice) })
      }
    }
    #expect(gpu.jobs.count >= 5)
    #expect(gpu.jobs.allSatisfy { job in farm.sources.contains { $0.algorithm == .kawpow && $0.owns(job.work) } })
    farm.stop()
  }

  @Test func `a miner whose pools are all lost waits, and is not sent to those of another algorithm`() {
    let farm = farm()
    let (miner, other) = (farm.connect(password: "a=scrypt"), farm.connect())
    let jobs = miner.jobs.count
    farm.source("script")?.disconnect()
    farm.wait(5)
    #expect(miner.isOpen && miner.jobs.count == jobs)
    #expect(other.source == "sha")
    farm.source("script")?.connect()
    farm.wait(1)
    #expect(miner.jobs.count == jobs + 1)
    farm.stop()
  }

  @Test(arguments: [
    ("acct.rig+yespower", "x", "yespower"), ("acct.rig", "a=yespower", "yespower"),
    ("acct.rig", "yespowerR16", "yespowerR16"),
    ("acct.rig", "a=unknown", "unknown"), ("acct.rig", "a=ethash,d=1", "ethash"),
  ])
  func `what nobody serves is refused in words that say what is served, and others go on`(
    user: String, password: String, wanted: String
  ) throws {
    let farm = farm()
    let neighbour = farm.connect()
    let miner = farm.connect(user: user, password: password)
    guard case .failure(let code, let message) = try #require(miner.answers.last) else {
      Issue.record("it was not refused")
      return
    }
    #expect(code == 24)
    #expect(message.hasPrefix("No pool here serves \(wanted); served: kawpow, scrypt, sha256d, yescrypt. "))
    #expect(message.contains("a=NAME") && message.contains("+NAME"))
    #expect(miner.jobs.isEmpty && miner.isOpen)
    #expect(neighbour.submit(try #require(neighbour.jobs.last)) != nil)
    farm.settle()
    #expect(neighbour.answers.last == .success(.bool(true)))
    miner.send(#"{"id":4,"method":"mining.authorize","params":["acct.rig","a=scrypt"]}"#)
    farm.settle()
    #expect(miner.source == "script" && miner.jobs.count == 1, "it may try again")
    farm.stop()
  }

  @Test func `miners that say nothing are refused where the listener's own algorithm is not served`() {
    let farm = ModelFarm([.init(name: "kaw", algorithm: .kawpow)])
    farm.connectSources()
    let gpu = farm.connectKawPow()
    let miner = farm.connectKawPow(agent: "model")
    #expect(gpu.jobs.count == 1)
    #expect(miner.jobs.isEmpty)
    farm.stop()
  }

  @Test func `a KawPow miner that says so only in its name keeps its bytes at a pool that adopts them`() throws {
    let farm = farm()
    let miner = farm.connectKawPow(user: "acct.rig+kawpow", agent: "model")
    // Subscribed as any other, with the four bytes of a seat of Bitcoin's kind.
    #expect(miner.source == "zion:kawpow")
    #expect(miner.prefix.count == 4 && miner.prefix == miner.connection.session.seat?.extranonce1)
    #expect(miner.methods == ["prefix", "target", "clean"])
    let job = try #require(miner.jobs.last)
    #expect(farm.source("zion:kawpow")?.owns(job.work) == true)
    #expect(job.target == job.toldTarget)
    farm.stop()
  }

  @Test func `an order to a pool of several algorithms moves each miner to its own source`() {
    let farm = farm()
    let (miner, other) = (farm.connect(), farm.connect(password: "a=scrypt"))
    let gpu = farm.connectKawPow()
    let result = farm.shard.move(to: "zion", worker: nil, ordered: farm.shard.now())
    farm.settle()
    #expect(miner.source == "zion" && gpu.source == "zion:kawpow" && other.source == "script")
    #expect(result.moved.count == 2 && result.refused == 1)
    let single = farm.shard.move(to: "zion:kawpow", worker: nil, ordered: farm.shard.now())
    #expect(single.unchanged == 1 && single.refused == 2 && single.moved.isEmpty)
    farm.stop()
  }
}
