import Encryption
import Hashing
import NIOCore
import NIOPosix
import Stratum

/// A whole run of `zion mine`: threads, connections and an account of what they did.
struct MiningRun: Sendable {
  struct Settings: Sendable {
    var address: StratumURL
    /// Of a pool with TLS.
    var trust = PeerTrust()
    var credentials: UpstreamSession.Credentials
    var algorithm: Algorithm
    var threads: Int
    var connections: Int
    var goal: MineProgress.Goal
    var seconds: Double?
    /// With no job after this long, the run ends as unusable.
    var patienceSeconds: Double
  }

  /// Answers that are on their way when mining ends are waited for this long.
  static let farewellSeconds = 2.0

  let settings: Settings
  let console: MineConsole
  private let board: WorkBoard
  let progress: MineProgress
  private let caches: KawPowCaches

  init(_ settings: Settings, console: MineConsole) {
    self.settings = settings
    self.console = console
    board = WorkBoard(slots: settings.connections)
    let progress = MineProgress(goal: settings.goal)
    self.progress = progress
    caches = KawPowCaches(directory: nil, uptime: Clocks.uptime) { Self.tell($0, console, progress) }
  }

  private static func tell(_ event: KawPowCaches.Event, _ console: MineConsole, _ progress: MineProgress) {
    switch event {
    case .building(let epoch, let fraction):
      console.say("making the cache of KawPow epoch \(epoch.number): \(Decimal.fixed(fraction * 100, decimals: 0)) %")
    case .noMemory(let epoch):
      progress.finish(.unusable("there is no memory for the cache of KawPow epoch \(epoch.number); free some"))
    case .ready, .dropped, .fileTrouble: break
    }
  }

  func run() async throws -> (MineEnd, MineSummary) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let pool = NIOThreadPool(numberOfThreads: settings.threads)
    pool.start()
    let start = ContinuousClock.now
    let links = makeLinks(group: group)
    startThreads(in: pool, links: links)
    let end = await withTaskGroup(of: Void.self, returning: MineEnd.self) { tasks in
      for link in links { tasks.addTask { await link.run() } }
      tasks.addTask { await watch(since: start) }
      var end = MineEnd.interrupted
      for await reason in progress.ends {
        end = reason
        break
      }
      board.stop()
      await awaitAnswers()
      tasks.cancelAll()
      return end
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try await pool.shutdownGracefully()
    let summary = MineSummary(
      progress.tally, unanswered: board.unanswered, hashes: board.hashes, seconds: seconds)
    try await group.shutdownGracefully()
    return (end, summary)
  }

  private func makeLinks(group: any EventLoopGroup) -> [PoolLink] {
    (0..<settings.connections).map { slot in
      let parts = PoolConnection.Parts(
        number: 0, slot: slot, algorithm: settings.algorithm, credentials: settings.credentials, board: board,
        progress: progress, caches: caches,
        say: { text in
          console.say(settings.connections > 1 ? "connection \(slot + 1): \(text)" : text)
        })
      return PoolLink(address: settings.address, trust: settings.trust, template: parts, group: group)
    }
  }

  private func startThreads(in pool: NIOThreadPool, links: [PoolLink]) {
    let base = UInt64.random(in: 0...UInt64(UInt32.max))
    for index in 0..<settings.threads {
      let thread = MinerThread(
        board: board, slotCount: settings.connections, threadCount: settings.threads, index: index, base: base,
        caches: caches,
        deliver: { share, slot in links[slot].deliver(share) })
      pool.submit { state in
        if state == .active { thread.run() }
      }
    }
  }

  /// Looks at the clock four times a second: shows the live line, ends the run when its time is over.
  private func watch(since start: ContinuousClock.Instant) async {
    var meter = RateWindow()
    while !Task.isCancelled {
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      let tally = progress.tally
      if let limit = settings.seconds, elapsed >= limit { progress.finish(.finished) }
      if tally.jobID == nil, elapsed >= settings.patienceSeconds {
        let trouble = tally.trouble ?? "the pool sent no job"
        progress.finish(
          .unusable(
            """
            no work after \(Int(settings.patienceSeconds)) s: \(trouble).
            Check --url (is it the stratum port, and is the pool running?), or give --patience more seconds.
            """))
      }
      let rate = meter.rate(hashes: board.hashes, at: elapsed)
      console.show(MineConsole.Line(tally: tally, rate: rate, seconds: elapsed))
      try? await Task.sleep(for: .milliseconds(250))
    }
  }

  private func awaitAnswers() async {
    let deadline = ContinuousClock.now + .seconds(Self.farewellSeconds)
    while board.unanswered > 0, ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }
}

/// The rate over the last ten seconds.
struct RateWindow: Sendable {
  static let seconds = 10.0
  private var samples: [(seconds: Double, hashes: UInt64)] = [(0, 0)]

  /// `hashes` counts from the start and does not fall.
  mutating func rate(hashes: UInt64, at seconds: Double) -> Hashrate {
    samples.append((seconds, hashes))
    while samples.count > 2, samples[1].seconds < seconds - Self.seconds { samples.removeFirst() }
    let first = samples[0]
    guard seconds > first.seconds else { return .zero }
    return Hashrate(Double(hashes - first.hashes) / (seconds - first.seconds))
  }
}
