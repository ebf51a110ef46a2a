/// A small part of the hashrate that mines for a while at sources nobody uses, so that what is known of their service
/// stays true.
struct Probes: Sendable {
  /// How long one lasts, and how long the same source is left in peace after it.
  static let lastingSeconds = 180.0
  static let restSeconds = 1800.0

  private struct Probe: Sendable {
    var source: String
    var until: Double
  }

  private var active: [UInt64: Probe] = [:]
  private var probedAt: [String: Double] = [:]

  /// Where the miners that probe should be.
  private(set) var places: [UInt64: String] = [:]
  /// Miners whose probe is over by this look: they go back at once.
  private(set) var ended: Set<UInt64> = []

  /// - Parameters:
  ///   - sources: those that may be probed: ready, and used by no group.
  ///   - share: part of the hashrate that may probe at any time, 0 to 0.1.
  ///   - now: seconds on any clock that only goes forward.
  mutating func look(
    _ miners: [MinerSnapshot], at sources: [SourceSnapshot], share: Double, minDwellSeconds: Double, now: Double
  ) {
    ended = []
    guard share > 0 || !active.isEmpty else { return }
    end(sources, share: share, now: now)
    begin(miners, at: sources, share: share, minDwellSeconds: minDwellSeconds, now: now)
    places = active.mapValues(\.source)
  }

  private mutating func end(_ sources: [SourceSnapshot], share: Double, now: Double) {
    for (session, probe) in active {
      let canGoOn = share > 0 && sources.contains { $0.name == probe.source }
      guard !canGoOn || now >= probe.until else { continue }
      active[session] = nil
      ended.insert(session)
    }
  }

  /// One probe begins in a look at most: with the largest miner that the share has room for.
  private mutating func begin(
    _ miners: [MinerSnapshot], at sources: [SourceSnapshot], share: Double, minDwellSeconds: Double, now: Double
  ) {
    let busy = Set(active.values.map(\.source))
    let due = sources.filter { source in
      !busy.contains(source.name) && (probedAt[source.name].map { now - $0 >= Self.restSeconds } ?? true)
    }
    guard let source = due.min(by: { (probedAt[$0.name] ?? 0, $0.name) < (probedAt[$1.name] ?? 0, $1.name) }) else {
      return
    }
    var room = share * miners.reduce(0) { $0 + $1.hashrate.hashesPerSecond }
    var live: Set<UInt64> = []
    for miner in miners where active[miner.session] != nil {
      live.insert(miner.session)
      room -= miner.hashrate.hashesPerSecond
    }
    active = active.filter { live.contains($0.key) }
    var best: MinerSnapshot?
    for miner in miners {
      let rate = miner.hashrate.hashesPerSecond
      // The local pool adopts the extranonce that a miner has; elsewhere a probe must not cost a reconnect.
      guard rate > 0, rate <= room, active[miner.session] == nil, miner.dwellSeconds >= minDwellSeconds,
        miner.followsExtranonce || source.kind == .local
      else { continue }
      if best.map({ rate > $0.hashrate.hashesPerSecond }) ?? true { best = miner }
    }
    guard let best else { return }
    active[best.session] = Probe(source: source.name, until: now + Self.lastingSeconds)
    probedAt[source.name] = now
  }
}
