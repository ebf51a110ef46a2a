import Stratum
import TestSupport
import Testing

@testable import Proxy

/// KawPow miners' jobs, and what it takes to move them.
@Suite struct KawPowJobTests {
  private func farm(local: Bool = false) -> ModelFarm {
    var kinds = [
      ModelSource.Kind(name: "sha"), .init(name: "kaw0", algorithm: .kawpow), .init(name: "kaw1", algorithm: .kawpow),
    ]
    if local { kinds.append(.init(name: "zion:kawpow", pool: "zion", algorithm: .kawpow, adopts: true)) }
    let farm = ModelFarm(kinds)
    farm.connectSources()
    return farm
  }

  @Test func `the target of every job is the one that was set before it`() throws {
    let farm = farm()
    let miner = farm.connectKawPow(password: "d=1e-9")
    let source = try #require(farm.source("kaw0"))
    for bits in [200, 250, 255, 240, 256] {
      // A session is never held to more than its source wants: the easier of the two counts.
      source.target = bits == 256 ? .easiest : Target(UInt256(1) &<< bits)
      source.offer(clean: bits % 20 == 0)
      farm.settle()
      let own = Difficulty(clamping: 1e-9).target(for: .kawpow)
      #expect(miner.jobs.last?.target == max(own, source.target))
    }
    #expect(miner.jobs.count == 6)
    #expect(miner.jobs.allSatisfy { $0.target != nil && $0.target == $0.toldTarget })
    farm.stop()
  }

  @Test(arguments: 0..<30)
  func `however jobs come together, no flush holds two, and a miner that takes the first misses none`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let farm = farm(local: true)
    let miners = (0..<4).map { farm.connectKawPow(follows: $0 % 2 == 0) }
    let kawpow = farm.sources.filter { $0.algorithm == .kawpow }
    for _ in 0..<40 {
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let source = try #require(kawpow.randomElement(using: &random))
        let miner = try #require(miners.randomElement(using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0...2: source.offer(clean: Bool.random(using: &random))
        case 3: farm.shard.tryMove(miner.connection, to: source)
        case 4: miner.socket.send(#"{"id":7,"method":"mining.extranonce.subscribe","params":[]}"#)
        default:
          let line = #"{"id":8,"method":"eth_submitHashrate","params":["0x10","0x1"]}"#
          miner.socket.send(line, #"{"id":7,"method":"mining.extranonce.subscribe","params":[]}"#, line)
        }
      }
      farm.settle()
    }
    for miner in miners {
      #expect(miner.mostNotifiesInOneFlush == 1)
      let last = try #require(miner.jobs.last)
      let session = miner.connection.session
      #expect(session.seat?.extranonce1 == last.prefix)
      #expect(farm.source(miner.source ?? "")?.owns(last.work) == true)
      #expect(miner.jobs.allSatisfy { $0.target == $0.toldTarget })
    }
    farm.stop()
  }

  @Test func `a miner that comes with all its lines in one packet gets one job of each kind in a flush`() {
    let farm = farm()
    let miner = farm.connectKawPow()
    miner.socket.send(
      #"{"id":4,"method":"mining.extranonce.subscribe","params":[]}"#,
      #"{"id":5,"method":"mining.extranonce.subscribe","params":[]}"#)
    farm.settle()
    #expect(miner.jobs.count == 3)
    #expect(miner.mostNotifiesInOneFlush == 1)
    #expect(Set(miner.jobs.map(\.id)).count == 3)
    farm.stop()
  }

  @Test func `between two upstreams a miner without set_extranonce is closed after two seconds, and finds the new one`()
  {
    let farm = farm()
    let miner = farm.connectKawPow(from: "10.0.0.7")
    #expect(miner.source == "kaw0")
    let result = farm.shard.move(to: "kaw1", worker: nil, ordered: farm.shard.now())
    #expect(result.reconnecting == 1 && result.moved.isEmpty)
    farm.wait(1)
    #expect(miner.isOpen, "what is on its way is still answered")
    farm.wait(2)
    #expect(!miner.isOpen)
    #expect(!miner.methods.contains("reconnect") && !miner.methods.contains("foreign job"))
    let stranger = farm.connectKawPow(from: "10.0.0.8")
    let back = farm.connectKawPow(from: "10.0.0.7")
    #expect(stranger.source == "kaw0")
    #expect(back.source == "kaw1")
    #expect(back.prefix.bytes.first == farm.source("kaw1")?.prefix)
    farm.stop()
  }

  @Test func `one that follows set_extranonce is moved in one flush, prefix and target before the job`() {
    let farm = farm()
    let miner = farm.connectKawPow(follows: true)
    #expect(farm.shard.tryMove(miner.connection, to: farm.sources[2]))
    farm.settle()
    #expect(miner.methods.suffix(3) == ["prefix", "target", "clean"])
    #expect(miner.flushes.last?.count == 3)
    #expect(miner.prefix == miner.connection.session.seat?.extranonce1)
    #expect(miner.prefix.bytes.first == farm.sources[2].prefix)
    farm.stop()
  }

  @Test(arguments: [
    #"{"id":null,"result":null,"error":"Method not found"}"#,
    #"{"id":0,"result":null,"error":[-32601,"Method not found",null]}"#,
    #"{"id":1,"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"}}"#,
  ])
  func `one that refuses set_extranonce is closed, and comes back to the pool it was moved to`(refusal: String) {
    let farm = farm()
    let miner = farm.connectKawPow(follows: true)
    #expect(farm.shard.tryMove(miner.connection, to: farm.sources[2]))
    farm.settle()
    miner.socket.send(refusal)
    farm.settle()
    #expect(!miner.isOpen)
    let back = farm.connectKawPow()
    #expect(back.source == "kaw1")
    farm.stop()
  }

  @Test func `an error of a miner that was told nothing new closes nobody`() {
    let farm = farm()
    let miner = farm.connectKawPow(follows: true)
    miner.socket.send(#"{"id":null,"result":null,"error":"Method not found"}"#)
    farm.settle()
    #expect(miner.isOpen)
    farm.stop()
  }

  @Test func `a miner known by its name only comes back once to an upstream, and mines there`() {
    let farm = farm()
    let miner = farm.connectKawPow(user: "acct.rig+kawpow", agent: "model")
    // Nobody here adopts its bytes.
    #expect(miner.jobs.isEmpty)
    farm.wait(1)
    farm.wait(3)
    #expect(!miner.isOpen)
    let back = farm.connectKawPow(user: "acct.rig+kawpow", agent: "model")
    farm.wait(5)
    #expect(back.isOpen)
    #expect(back.source == "kaw0" && back.jobs.count == 1)
    #expect(back.prefix == back.connection.session.seat?.extranonce1)
    farm.stop()
  }

  @Test func `one of those is also sent to the pool that it was asked to reconnect for`() {
    let farm = farm(local: true)
    let miner = farm.connectKawPow(user: "acct.rig+kawpow", agent: "model")
    #expect(miner.source == "zion:kawpow")
    _ = farm.shard.move(to: "kaw1", worker: nil, ordered: farm.shard.now())
    farm.wait(3)
    #expect(!miner.isOpen)
    let back = farm.connectKawPow(user: "acct.rig+kawpow", agent: "model")
    #expect(back.source == "kaw1")
    farm.stop()
  }

  @Test func `when its upstream is lost a miner goes on at the local pool with the prefix it has`() {
    let farm = farm(local: true)
    let miner = farm.connectKawPow()
    let prefix = miner.prefix
    farm.sources[1].disconnect()
    farm.settle()
    #expect(miner.isOpen && miner.source == "zion:kawpow")
    #expect(miner.prefix == prefix && miner.methods.count { $0 == "prefix" } == 1)
    farm.stop()
  }
}
