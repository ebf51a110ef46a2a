import Logging
import NIOConcurrencyHelpers
import NIOCore
import Stratum

/// Finds event loops that are stuck: a loop that does not turn reads no share and sends no job.
struct Watchdog: Sendable {
  private static let interval = Duration.seconds(1)

  private let loops: [any EventLoop]
  private let manager: ServiceManager
  private let logger: Logger

  init(_ loops: [any EventLoop], manager: ServiceManager, logger: Logger) {
    self.loops = loops
    self.manager = manager
    self.logger = logger
  }

  /// Until cancelled. The service manager hears of it for as long as all loops turn.
  func run() async {
    let turns = NIOLockedValueBox(LoopTurns(count: loops.count, at: Clocks.uptime()))
    while !Task.isCancelled {
      for (index, loop) in loops.enumerated() {
        loop.execute { turns.withLockedValue { $0.turned(index, at: Clocks.uptime()) } }
      }
      do {
        try await Task.sleep(for: Self.interval)
      } catch {
        return
      }
      let news = turns.withLockedValue { $0.look(at: Clocks.uptime()) }
      for case .stuck(let index, let seconds) in news {
        logger.critical(
          "an event loop is stuck: its miners hear nothing",
          metadata: ["loop": "\(index)", "seconds": "\(Decimal.fixed(seconds, decimals: 0))"])
      }
      for case .turnsAgain(let index, let seconds) in news {
        logger.notice(
          "an event loop turns again",
          metadata: ["loop": "\(index)", "seconds": "\(Decimal.fixed(seconds, decimals: 0))"])
      }
      if turns.withLockedValue({ !$0.isAnyStuck }) { manager.tell(.alive) }
    }
  }
}

/// When each loop turned last, and what is to be said of it. A value.
struct LoopTurns: Sendable {
  enum News: Equatable, Sendable {
    /// Said once for each time.
    case stuck(Int, seconds: Double)
    case turnsAgain(Int, seconds: Double)
  }

  /// A turn of a healthy loop takes milliseconds.
  static let patienceSeconds = 10.0

  private struct Loop {
    var turned: MonotonicTime
    /// When it turned last before it was found stuck.
    var stuckSince: MonotonicTime?
  }

  private var loops: [Loop]

  init(count: Int, at now: MonotonicTime) { loops = Array(repeating: Loop(turned: now), count: count) }

  var isAnyStuck: Bool { loops.contains { $0.stuckSince != nil } }

  mutating func turned(_ index: Int, at now: MonotonicTime) { loops[index].turned = max(loops[index].turned, now) }

  mutating func look(at now: MonotonicTime) -> [News] {
    var news: [News] = []
    for index in loops.indices {
      let loop = loops[index]
      let isLate = now.seconds(since: loop.turned) > Self.patienceSeconds
      if isLate, loop.stuckSince == nil {
        loops[index].stuckSince = loop.turned
        news.append(.stuck(index, seconds: now.seconds(since: loop.turned)))
      } else if !isLate, let since = loop.stuckSince {
        loops[index].stuckSince = nil
        news.append(.turnsAgain(index, seconds: loop.turned.seconds(since: since)))
      }
    }
    return news
  }
}
