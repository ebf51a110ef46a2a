import Stratum
import TestSupport
import Testing

@testable import Proxy

/// Miners at a pool that has work for accounts, and none for a miner whose name is not known.
@Suite struct SoloTests {
  private func farm() -> ModelFarm {
    let farm = ModelFarm([.init(name: "up"), .init(name: "solo", adopts: true, isSolo: true)])
    farm.source("solo")?.connect()
    return farm
  }

  @Test func `the work is the account's, and the extranonce is what the miner was told`() throws {
    let farm = farm()
    let solo = try #require(farm.source("solo"))
    let (one, two) = (farm.connect(user: "alice.a"), farm.connect(user: "bob.b"))
    #expect(one.methods == ["extranonce", "difficulty", "clean"])
    let lanes = [one, two].map { $0.connection.session.seat?.feed }
    #expect(lanes == [solo.accounts["alice"], solo.accounts["bob"]])
    #expect(one.jobs[0].work?.coinbase1 != two.jobs[0].work?.coinbase1)
    let header = try #require(one.submit(one.jobs[0], user: "alice.a"))
    farm.settle()
    #expect(solo.delivered.map(\.verdict.proof.header) == [header])
    #expect(one.answers.last == .success(.bool(true)))
    solo.offer(clean: true)
    farm.settle()
    #expect(one.jobs.count == 2 && two.jobs.count == 2)
    farm.stop()
  }

  @Test func `a miner that comes back with its session id gets its extranonce back, whoever it is now`() throws {
    let farm = farm()
    let miner = farm.connect(user: "alice.a")
    let told = try #require(miner.connection.knownAs)
    let bytes = miner.extranonce1
    miner.disconnect()
    farm.settle()
    let back = farm.connect(user: "bob.b", resuming: told)
    #expect(back.extranonce1 == bytes)
    #expect(back.connection.session.seat?.feed == farm.source("solo")?.accounts["bob"])
    let again = farm.connect(user: "alice.a", resuming: told)
    #expect(again.extranonce1 != bytes)
    farm.stop()
  }

  @Test func `a second account on one connection is refused, a second worker is not`() throws {
    let farm = farm()
    let miner = farm.connect(user: "alice.a")
    miner.send(#"{"id":4,"method":"mining.authorize","params":["alice.b","x"]}"#)
    miner.send(#"{"id":5,"method":"mining.authorize","params":["bob.b","x"]}"#)
    farm.settle()
    #expect(miner.answers.suffix(2).first == .success(.bool(true)))
    guard case .failure(let code, let message)? = miner.answers.last else {
      Issue.record("\(miner.answers)")
      return
    }
    #expect(code == 24 && message == "not here")
    farm.stop()
  }

  @Test func `who cannot be paid stays without work`() throws {
    let farm = farm()
    let miner = farm.connect(user: "unpayable.a")
    #expect(miner.answers.last == .success(.bool(true)))
    farm.source("solo")?.offer(clean: true)
    farm.wait(5)
    #expect(miner.jobs.isEmpty && miner.isOpen && !miner.wasAskedToReconnect)
    #expect(farm.source("solo")?.accounts.isEmpty == true)
    farm.stop()
  }

  @Test func `who cannot be paid is taken by another pool where there is one`() throws {
    let farm = ModelFarm([.init(name: "solo", adopts: true, isSolo: true), .init(name: "up")])
    farm.connectSources()
    let miner = farm.connect(user: "unpayable.a")
    #expect(miner.source == "up" && miner.jobs.count == 1)
    let paid = farm.connect(user: "alice.a")
    #expect(paid.source == "solo" && paid.jobs.count == 1)
    // Its bytes cannot change, and "up" has others.
    let still = farm.connect(follows: false, user: "unpayable.c")
    #expect(still.source == "solo" && still.jobs.isEmpty)
    farm.stop()
  }

  @Test(arguments: [true, false])
  func `a miner that is moved here works for its account at once`(follows: Bool) throws {
    let farm = farm()
    let (up, solo) = (try #require(farm.source("up")), try #require(farm.source("solo")))
    up.connect()
    let miner = farm.connect(follows: follows, user: "alice.a")
    #expect(miner.source == "up")
    #expect(farm.shard.tryMove(miner.connection, to: solo))
    farm.settle()
    #expect(miner.connection.session.seat?.feed == solo.accounts["alice"])
    #expect(miner.jobs.count == 2)
    let header = try #require(miner.submit(miner.jobs[1], user: "alice.a"))
    farm.settle()
    #expect(solo.delivered.map(\.verdict.proof.header) == [header])
    #expect(farm.shard.tryMove(miner.connection, to: up))
    #expect(solo.settled.isEmpty, "nothing of it is left there")
    farm.stop()
  }

  @Test(arguments: [true, false])
  func `who cannot be paid is not moved here, and nothing changes for it`(follows: Bool) throws {
    let farm = farm()
    let (up, solo) = (try #require(farm.source("up")), try #require(farm.source("solo")))
    up.connect()
    let miner = farm.connect(follows: follows, user: "unpayable.a")
    let seat = miner.connection.session.seat
    #expect(!farm.shard.tryMove(miner.connection, to: solo))
    #expect(miner.connection.session.seat == seat && miner.source == "up")
    miner.send(#"{"id":5,"method":"mining.authorize","params":["alice.b","x"]}"#)
    farm.settle()
    #expect(!farm.shard.tryMove(miner.connection, to: solo), "not for one of its names")
    farm.stop()
  }
}
