import NIOConcurrencyHelpers
import Stratum
import Testing

@testable import Proxy

@Suite struct ShardEventTests {
  /// Events of a shard, in order.
  private final class Heard: Sendable {
    private let bodies = NIOLockedValueBox<[EventBody]>([])
    var sink: EventSink { EventSink { [self] body in bodies.withLockedValue { $0.append(body) } } }

    /// Those since the last look.
    func take() -> [EventBody] {
      bodies.withLockedValue { bodies in
        defer { bodies = [] }
        return bodies
      }
    }
  }

  private let heard = Heard()

  private func farm() -> ModelFarm {
    let farm = ModelFarm()
    farm.shard.events = ShardEvents(sink: heard.sink)
    return farm
  }

  @Test func `a miner comes once, moves, and goes`() throws {
    let farm = farm()
    farm.sources[0].connect()
    farm.sources[1].connect()
    let miner = farm.connect()
    let came = heard.take()
    #expect(came.map(\.type) == [.minerConnected])
    guard case .minerConnected(let event) = try #require(came.first) else { return }
    #expect(event.address == "acct" && event.worker == "rig" && event.pool == "up0" && event.userAgent == "model")
    _ = farm.shard.move(to: "up1", worker: nil, ordered: .zero)
    farm.settle()
    let move = SwitchEvent(address: "acct", worker: "rig", algorithm: .sha256d, from: "up0", to: "up1")
    #expect(heard.take() == [.moved(move)])
    // Where it is already.
    _ = farm.shard.move(to: "up1", worker: nil, ordered: .zero)
    #expect(heard.take() == [])
    miner.disconnect()
    farm.settle()
    let went = heard.take()
    #expect(went.map(\.type) == [.minerDisconnected])
    guard case .minerDisconnected(let end) = try #require(went.first) else { return }
    #expect(end.accepted == 0 && end.rejected == 0 && end.connectedSeconds == 0 && end.pool == "up1")
    farm.stop()
  }

  @Test func `a connection without a name is no miner`() {
    let farm = farm()
    let stranger = farm.connectLogin()
    stranger.socket.close()
    farm.settle()
    #expect(heard.take() == [])
    farm.stop()
  }

  @Test func `a lost pool moves its miners, and says so`() {
    let farm = farm()
    farm.sources[0].connect()
    farm.sources[1].connect()
    _ = farm.connect()
    _ = heard.take()
    farm.sources[0].disconnect()
    farm.settle()
    #expect(
      heard.take() == [
        .moved(SwitchEvent(address: "acct", worker: "rig", algorithm: .sha256d, from: "up0", to: "up1"))
      ])
    farm.stop()
  }

  @Test func `shares are a sample that says how many it left out`() throws {
    let farm = farm()
    farm.sources[0].connect()
    let miner = farm.connect()
    _ = heard.take()
    for _ in 0..<20 { farm.shard.announceShare(of: miner.connection, .accepted, at: farm.shard.now()) }
    #expect(heard.take().count == Int(ShardEvents.sharesPerSecond))
    farm.wait(1)
    farm.shard.announceShare(of: miner.connection, .rejected(.stale), at: farm.shard.now())
    let next = heard.take()
    guard case .share(let share) = try #require(next.first) else { return }
    #expect(next.count == 1 && share.omitted == 15 && !share.isAccepted && share.reason == "stale")
    farm.stop()
  }
}
