import NIOCore
import Stratum
import Testing

@testable import Proxy

/// Attacks that take time, carried out on a shard whose clock the test moves.
@Suite struct AttackTests {
  @Test func `attack 5, vardiff gaming: a burst moves one step, and another connection does not start anew`() throws {
    let start = Difficulty(clamping: 2e-10)
    let settings = Vardiff.Settings(minimum: Difficulty(clamping: 1e-10), maximum: Difficulty(clamping: 1e6))
    let farm = ModelFarm([.init(name: "up0")]) {
      $0.difficulties[.sha256d] = DifficultyPlan(vardiff: settings, start: start)
    }
    farm.connectSources()
    let miner = farm.connect()
    farm.wait(90)
    var highest = miner.connection.session.difficulty
    #expect(highest.value <= start.value, "silence does not raise it")
    var steps: [Double] = []
    // Eleven shares a millisecond apart, as often as a second lets it.
    for _ in 0..<12 {
      let before = miner.connection.session.difficulty
      for _ in 0..<11 {
        farm.mine(miner)
        farm.loop.advanceTime(by: .milliseconds(1))
      }
      farm.wait(1)
      steps.append(miner.connection.session.difficulty.value / before.value)
    }
    #expect(steps.allSatisfy { (0.25...4).contains($0) }, "\(steps)")
    highest = miner.connection.session.difficulty
    #expect(highest.value >= 4 * start.value && highest.value < 200 * start.value, "\(highest)")

    // Below what it could do the next connection would send, and we would check, as many shares as before.
    miner.disconnect()
    farm.settle()
    let again = farm.connect()
    #expect(again.connection.session.difficulty == highest)
    #expect(farm.connect(user: "acct.other").connection.session.difficulty == start)
    // Idle time lowers it by a quarter at a time, and no sooner than after a minute.
    farm.wait(30)
    #expect(again.connection.session.difficulty == highest)
    farm.stop()
  }

  @Test func `attack 10, slowloris: who drips bytes is closed after 15 s, before login and after it`() throws {
    let farm = ModelFarm()
    farm.connectSources()
    let miner = farm.connect()
    // One byte every second keeps a connection open where only silence is noticed.
    let stranger = ModelMiner(farm.shard.makeConnection(), loop: farm.loop)
    let silent = ModelMiner(farm.shard.makeConnection(), loop: farm.loop)
    let known = farm.connect(user: "acct.drips")
    for second in 0..<15 {
      stranger.socket.send(bytes: "{")
      known.socket.send(bytes: "{")
      farm.wait(1)
      #expect(stranger.isOpen && known.isOpen, "\(second)")
    }
    farm.wait(2)
    #expect(!stranger.isOpen && !silent.isOpen && !known.isOpen)
    #expect(known.shown.last?.hasSuffix("a line did not end within 15 s") == true, "\(known.shown)")
    #expect(farm.shard.connections.count == 1)

    // Lines that come in two pieces, again and again, are lines.
    for _ in 0..<10 {
      miner.socket.send(bytes: "ping\"}\n{\"id\":5,\"method\":\"mining.")
      farm.wait(10)
    }
    #expect(miner.isOpen)
    farm.stop()
  }
}
