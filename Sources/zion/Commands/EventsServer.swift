import API
import Logging
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// The HTTP part of the server alone, and events that say when they were made: what `zion bench events` listens to.
enum EventsServer {
  /// What a common event has besides its time.
  private static let padding = String(repeating: "x", count: 160)

  /// Until the process is ended.
  static func run(port: Int, loops: Int, everyMilliseconds: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let bus = EventBus()
    var options = WebSocketOptions()
    options.listeners = 100_000
    let server = APIServer(
      view: NoFleet(), host: "127.0.0.1", port: port, access: APIAccess(), events: bus, webSockets: options,
      group: group, logger: Logger(label: "bench", factory: { LogLines.handler($0) }))
    // Published from a thread that is none of the listeners', as everything is.
    let pause = TimeAmount.milliseconds(Int64(everyMilliseconds))
    let publisher = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    publisher.next().scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
      bus.publish(
        .policyReloaded(
          PolicyEvent(policy: "t=\(Clocks.uptime().nanoseconds);", mode: padding, file: nil)))
    }
    try await server.run()
  }

  private struct NoFleet: FleetView {
    let about = About(version: "bench", stratum: "", policy: "")
    let startedAt = Clocks.uptime()

    func snapshot() async -> FleetSnapshot { FleetSnapshot(at: Clocks.uptime(), sources: [], miners: []) }
    func miner(_ account: String, minutes: Int64) async throws -> MinerStanding { MinerStanding() }
    func blocks(limit: Int) async throws -> [BlockReport] { [] }
    func move(to: String, worker: String?) async throws(MoveError) -> MoveReport { throw .unknownPool(known: []) }
  }
}
