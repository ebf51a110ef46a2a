import Stratum
import TestSupport
import Testing

@testable import Proxy

/// Miners of the XMRig kind, which come with `login`.
@Suite struct LoginMinerTests {
  private func farm() -> ModelFarm {
    let farm = ModelFarm([
      .init(name: "sha"), .init(name: "harmony0", algorithm: .cosmicHarmony),
      .init(name: "harmony1", algorithm: .cosmicHarmony), .init(name: "zion", algorithm: .cosmicHarmony, adopts: true),
    ])
    farm.connectSources()
    return farm
  }

  @Test func `a login is answered with a job of the algorithm that comes first in its list, and its shares count`() {
    let farm = farm()
    let miner = farm.connectLogin()
    miner.logIn("acct.rig", algorithms: ["randomx", "cosmic_harmony", "sha256d"])
    farm.settle()
    #expect(miner.source == "harmony0")
    #expect(miner.statuses == ["OK"] && miner.jobs.count == 1)
    #expect(miner.jobs.last?["algo"].string == "cosmic_harmony")
    let header = miner.submit()
    farm.settle()
    #expect(header != nil && farm.sources[1].delivered.map(\.verdict.proof.header) == [header])
    #expect(farm.sources[1].delivered.last?.miner.user == "acct.rig")
    #expect(miner.statuses == ["OK", "OK"])
    farm.stop()
  }

  @Test func `it is moved from pool to pool without reconnecting, and late shares find their pool`() {
    let farm = farm()
    let miner = farm.connectLogin()
    miner.logIn("acct.rig", password: "a=cosmic_harmony")
    farm.settle()
    for (index, source) in [2, 3, 1, 3, 2].enumerated() {
      #expect(farm.shard.tryMove(miner.connection, to: farm.sources[source]))
      farm.settle()
      #expect(miner.source == farm.sources[source].name)
      #expect(miner.jobs.count == index + 2)
      let header = miner.submit()
      farm.settle()
      #expect(header != nil && farm.sources[source].delivered.last?.verdict.proof.header == header)
    }
    #expect(miner.statuses.allSatisfy { $0 == "OK" })
    #expect(miner.socket.isOpen)
    farm.stop()
  }

  @Test func `it gets every new job, each under a name of its own`() {
    let farm = farm()
    let miner = farm.connectLogin()
    miner.logIn("acct.rig+cosmic_harmony")
    farm.settle()
    farm.sources[1].offer(clean: false)
    farm.sources[1].offer(clean: true)
    farm.settle()
    #expect(miner.jobs.count == 3)
    #expect(Set(miner.jobs.compactMap { $0["job_id"].string }).count == 3)
    farm.stop()
  }

  @Test func `a login for what nobody serves is refused with what is, and may be tried again`() {
    let farm = farm()
    let miner = farm.connectLogin()
    miner.logIn("acct.rig", algorithms: ["rx/0", "cn/r"])
    farm.settle()
    #expect(miner.jobs.isEmpty)
    #expect(miner.statuses.last?.hasPrefix("No pool here serves rx/0; served: cosmic_harmony, sha256d. ") == true)
    miner.logIn("acct.rig", algorithms: ["cosmic_harmony"])
    farm.settle()
    #expect(miner.source == "harmony0" && miner.jobs.count == 1)
    farm.stop()
  }

  @Test func `one that comes before its pool waits, and its login is answered with the first job`() {
    let farm = ModelFarm([.init(name: "sha"), .init(name: "harmony0", algorithm: .cosmicHarmony)])
    farm.sources[0].connect()
    let miner = farm.connectLogin()
    miner.logIn("acct.rig", algorithms: ["cosmic_harmony"])
    farm.settle()
    #expect(miner.answers.isEmpty)
    farm.sources[1].connect()
    farm.settle()
    #expect(miner.statuses == ["OK"] && miner.jobs.count == 1)
    farm.stop()
  }
}
