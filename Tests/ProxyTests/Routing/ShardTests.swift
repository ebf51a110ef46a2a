import Stratum
import TestSupport
import Testing

@testable import Proxy

@Suite struct ShardTests {
  @Test func `a miner gets difficulty and a clean job once it is authorized`() {
    let farm = ModelFarm()
    farm.sources[0].connect()
    let miner = farm.connect()
    #expect(miner.methods == ["extranonce", "difficulty", "clean"])
    #expect(miner.source == "up0")
    farm.stop()
  }

  @Test func `a miner that comes before any pool is ready waits, and is served when one is`() {
    let farm = ModelFarm()
    let miner = farm.connect()
    #expect(miner.jobs.isEmpty && miner.answers.isEmpty)
    farm.sources[1].connect()
    farm.settle()
    #expect(miner.jobs.count == 1)
    #expect(miner.source == "up1")
    farm.stop()
  }

  @Test func `a miner that comes back with its session id gets its extranonce back, once`() throws {
    let farm = ModelFarm()
    farm.sources[0].connect()
    let miner = farm.connect()
    let seat = try #require(miner.connection.session.seat)
    miner.disconnect()
    farm.settle()
    let back = farm.connect(resuming: seat.sessionID)
    #expect(back.connection.session.seat == seat)
    let stranger = farm.connect(resuming: seat.sessionID)
    #expect(stranger.connection.session.seat != seat)
    farm.stop()
  }

  @Test func `a session id is forgotten after two minutes`() throws {
    let farm = ModelFarm()
    farm.sources[0].connect()
    let miner = farm.connect()
    let seat = try #require(miner.connection.session.seat)
    miner.disconnect()
    farm.wait(125)
    let late = farm.connect(resuming: seat.sessionID)
    #expect(late.connection.session.seat != seat)
    farm.stop()
  }

  @Test func `late shares go to the pool whose job they solve`() throws {
    let farm = ModelFarm()
    for source in farm.sources { source.connect() }
    let miner = farm.connect()
    let old = try #require(miner.jobs.last)
    #expect(farm.shard.tryMove(miner.connection, to: farm.sources[1]))
    farm.settle()
    let new = try #require(miner.jobs.last)
    let (late, fresh) = (miner.submit(old), miner.submit(new))
    farm.settle()
    #expect(farm.sources[0].delivered.compactMap(\.verdict.proof.header) == [late])
    #expect(farm.sources[1].delivered.compactMap(\.verdict.proof.header) == [fresh])
    #expect(miner.answers.suffix(2) == [.success(.bool(true)), .success(.bool(true))])
    farm.stop()
  }

  @Test func `a miner that follows no extranonce goes to the local pool and back without hearing of one`() throws {
    let farm = ModelFarm()
    for source in farm.sources { source.connect() }
    let miner = farm.connect(follows: false)
    let seat = try #require(miner.connection.session.seat)
    #expect(farm.shard.tryMove(miner.connection, to: farm.sources[2]))
    #expect(farm.shard.tryMove(miner.connection, to: farm.sources[0]))
    farm.settle()
    #expect(miner.methods.count { $0 == "extranonce" } == 1)
    #expect(miner.connection.session.seat == seat)
    let header = miner.submit(try #require(miner.jobs.last))
    farm.settle()
    #expect(farm.sources[0].delivered.compactMap(\.verdict.proof.header) == [header])
    farm.stop()
  }

  @Test func `between two upstreams such a miner is asked to reconnect, and finds its new pool when it does`() {
    let farm = ModelFarm()
    for source in farm.sources { source.connect() }
    let miner = farm.connect(follows: false)
    #expect(!farm.shard.tryMove(miner.connection, to: farm.sources[1]))
    farm.shard.askToReconnect(miner.connection, for: farm.sources[1])
    farm.settle()
    #expect(miner.wasAskedToReconnect)
    #expect(miner.isOpen)
    farm.wait(62)
    #expect(!miner.isOpen)
    farm.stop()
  }

  @Test func `who waits for a first seat is not asked to reconnect by a move, and gets the seat when there is one`() {
    let farm = ModelFarm(upstreams: 1, local: false)
    farm.connectSources()
    farm.sources[0].isFull = true
    let miner = farm.connect(follows: false)
    let result = farm.shard.move(to: "up0", worker: nil, ordered: .zero)
    #expect(result.reconnecting == 0 && result.refused == 1)
    farm.wait(2)
    #expect(!miner.wasAskedToReconnect && miner.jobs.isEmpty)
    farm.sources[0].isFull = false
    farm.wait(2)
    #expect(miner.source == "up0" && !miner.jobs.isEmpty && miner.isOpen)
    farm.stop()
  }

  @Test func `when its pool is lost a miner goes on elsewhere, and keeps its connection`() {
    let farm = ModelFarm()
    for source in farm.sources { source.connect() }
    let (follower, other) = (farm.connect(), farm.connect(follows: false))
    farm.sources[0].disconnect()
    farm.settle()
    #expect(follower.source == "up1")
    #expect(other.source == "local")
    #expect(follower.isOpen && other.isOpen)
    farm.stop()
  }

  @Test func `when every pool is lost miners wait, and go on with the first that returns`() {
    let farm = ModelFarm(upstreams: 2, local: false)
    farm.sources[0].connect()
    let miner = farm.connect()
    let jobs = miner.jobs.count
    farm.sources[0].disconnect()
    farm.wait(5)
    #expect(miner.isOpen)
    farm.sources[1].connect()
    farm.wait(1)
    #expect(miner.source == "up1")
    #expect(miner.jobs.count == jobs + 1)
    farm.stop()
  }

  @Test func `silence is broken before cgminer calls it an interruption`() {
    let farm = ModelFarm()
    farm.sources[0].connect()
    let miner = farm.connect()
    let jobs = miner.jobs.count
    farm.wait(55)
    #expect(miner.jobs.count == jobs + 1)
    #expect(miner.jobs.last?.work?.nTime != miner.jobs.first?.work?.nTime)
    farm.stop()
  }

  @Test func `a share of the block before counts within the grace, and is stale after`() throws {
    let farm = ModelFarm()
    farm.sources[0].connect()
    let miner = farm.connect()
    let old = try #require(miner.jobs.last)
    farm.sources[0].offer(clean: true)
    farm.settle()
    _ = miner.submit(old)
    farm.wait(3)
    _ = miner.submit(old)
    farm.settle()
    #expect(miner.answers.suffix(2) == [.success(.bool(true)), .failure(code: 21, message: "Stale share")])
    farm.stop()
  }

  @Test(arguments: 0..<60)
  func `whatever happens, shares reach the pool of their job as the miner hashed them`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let farm = ModelFarm()
    for source in farm.sources { source.connect() }
    var miners = (0..<8).map { farm.connect(follows: $0 % 3 != 0) }
    var expected: [String: Set<BlockHeader>] = [:]
    for _ in 0..<120 {
      step(farm, &miners, &expected, using: &random)
      expectDisjoint(farm)
    }
    for source in farm.sources {
      #expect(Set(source.delivered.compactMap(\.verdict.proof.header)).isSubset(of: expected[source.name] ?? []))
    }
    for miner in miners {
      for case .failure(let code, let message) in miner.answers {
        #expect(code == 21, "a share was refused with \(code) \(message)")
      }
    }
    #expect(farm.sources.contains { !$0.delivered.isEmpty })
    farm.stop()
  }

  private func step(
    _ farm: ModelFarm, _ miners: inout [ModelMiner], _ expected: inout [String: Set<BlockHeader>],
    using random: inout SeededRandom
  ) {
    let source = farm.sources[Int.random(in: 0..<farm.sources.count, using: &random)]
    let index = Int.random(in: 0..<miners.count, using: &random)
    let miner = miners[index]
    switch Int.random(in: 0..<10, using: &random) {
    case 0...3: _ = farm.shard.tryMove(miner.connection, to: source)
    case 4: source.offer(clean: Bool.random(using: &random))
    case 5: if source.name != "local" { source.disconnect() }
    case 6: source.connect()
    case 7: farm.wait(Int64.random(in: 1...4, using: &random))
    case 8 where !miner.isOpen || Int.random(in: 0..<4, using: &random) == 0:
      miner.disconnect()
      farm.settle()
      miners[index] = farm.connect(follows: Bool.random(using: &random))
    default:
      guard let job = miner.jobs.suffix(3).randomElement(using: &random), let header = miner.submit(job) else { return }
      // Which pool a job is of shows in its coinbase.
      for candidate in farm.sources where candidate.owns(job.notice) {
        expected[candidate.name, default: []].insert(header)
      }
    }
    farm.settle()
  }

  /// No two connected miners search the same coinbases.
  private func expectDisjoint(_ farm: ModelFarm) {
    var spaces: Set<[UInt8]> = []
    for miner in farm.miners where miner.isOpen {
      guard let job = miner.jobs.last, miner.connection.session.phase == .authorized else { continue }
      let isNew = spaces.insert((job.work?.coinbase1 ?? []) + job.extranonce1.bytes).inserted
      #expect(isNew, "two miners share a search space")
    }
  }
}
