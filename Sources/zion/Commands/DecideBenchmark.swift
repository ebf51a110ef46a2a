import Bench
import Glibc
import Orchestrator
import Stratum

/// The orchestrator's look at a whole fleet, which it takes once a second. Nothing runs beside it: pure code.
enum DecideBenchmark {
  static let sourceCount = 50
  static let minerCount = 10_000
  /// Of the default tick.
  static let tickSeconds = 1.0

  static func run(_ options: BenchOptions) throws -> [Finding] {
    var ours: [Double] = []
    for round in 1...options.rounds {
      options.progress("decide: round \(round) of \(options.rounds), \(sourceCount) sources, \(minerCount) miners")
      ours.append(seconds(options))
    }
    let part = Median.of(ours) / tickSeconds * 100
    return [
      Finding(
        "decision over \(sourceCount) sources and \(minerCount) miners, at a tick of 1 s", unit: "% of a core",
        ours: part, aim: .atMost(0.1))
    ]
  }

  /// Of one look, on average, after as many looks as it takes to fill the time.
  private static func seconds(_ options: BenchOptions) -> Double {
    var planner = RoutePlanner()
    let policy = Policy(name: "bench", mode: .optimizeProfit)
    var snapshot = fleet()
    let clock = ContinuousClock()
    let start = clock.now
    var spent = 0.0
    var looks = 0
    while start.duration(to: clock.now) < .seconds(options.seconds) {
      looks += 1
      snapshot.at = snapshot.at.advanced(bySeconds: tickSeconds)
      for index in snapshot.sources.indices {
        // Revenue that wanders by a part in a thousand, the same in every run.
        let noise = Double((looks &* 31 &+ index &* 17) % 201 - 100) / 100_000
        snapshot.sources[index].economics?.currencyPerHash = (1 + Double(index) / 1000) * (1 + noise)
      }
      let before = processorSeconds()
      _ = planner.plan(snapshot, policy: policy)
      spent += processorSeconds() - before
    }
    return spent / Double(max(looks, 1))
  }

  /// Of this thread: what others do meanwhile is not counted.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func fleet() -> FleetSnapshot {
    let sources = (0..<sourceCount).map { index in
      var source = SourceSnapshot(name: "source-\(index)", kind: .upstream, algorithm: .sha256d)
      source.isReady = true
      source.readySeconds = 10_000
      source.economics = SourceEconomics(
        coin: "BTC", blockReward: 3.125, hashesPerBlock: 6e23, coinsPerHash: 3.125 / 6e23, currencyPerHash: 1)
      source.quality = SourceQuality(
        rejectRatio: 0.01, staleRatio: 0.002, answers: 1000, replyMillisecondsP50: 30, latenessSeconds: 0.2)
      return source
    }
    let miners = (0..<minerCount).map { index in
      var miner = MinerSnapshot(
        session: UInt64(index), identity: MinerIdentity(account: "account-\(index % 2000)", worker: "rig\(index)"),
        algorithm: .sha256d, userAgent: "cgminer/4.12", source: "source-\(sourceCount - 1)",
        difficulty: Difficulty(clamping: 1024), hashrate: Hashrate(1e14), accepted: 100, rejected: 1,
        connectedSeconds: 10_000, dwellSeconds: 5000, lastShareSeconds: 3, followsExtranonce: true)
      miner.traits = MinerTraits(level: 1 + (index % 100 == 0 ? index / 100 % 9 : 0))
      return miner
    }
    return FleetSnapshot(
      at: MonotonicTime.zero.advanced(bySeconds: 1e6), sources: sources, miners: miners)
  }
}
