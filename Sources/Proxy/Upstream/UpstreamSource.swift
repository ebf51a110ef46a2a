import Hashing
import Logging
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// One upstream pool as one shard sees it: as many connections as its miners need, and one warm when it has none.
public final class UpstreamSource: TimedSource {
  public let name: String
  public let algorithm: Algorithm
  public let creditsMiners = false
  public weak var delegate: (any WorkSourceDelegate)?
  public internal(set) var report = SourceReport()

  let configuration: UpstreamConfiguration
  let replyPolicy: ReplyPolicy
  let loop: any EventLoop
  let connector: UpstreamConnector
  let makeFeedID: () -> FeedID
  let clock: () -> MonotonicTime
  let logger: Logger
  var links: [UpstreamLink] = []
  var seen = SeenShares()
  private(set) var isStopped = false
  /// While it is being left to another process image.
  var isPaused = false
  private var connecting = 0
  private var backoff = Backoff()
  private var endpoint = 0
  var nextLink = 1
  var nextKey: UInt64 = 1
  /// The session id of the latest connection.
  var resumed: String?
  private var random = SystemRandomNumberGenerator()
  private var wasReady = false
  public internal(set) var latency = SourceLatency()
  var latestBlock: Work.Content.Position?
  /// The epoch whose seed hash was computed last.
  var knownSeed: (epoch: KawPowEpoch, hash: Hash256)?
  /// Where the pool asked us to go next; used once.
  var redirect: UpstreamConfiguration.Endpoint?
  var reconnects: ReconnectRule

  public init(
    _ configuration: UpstreamConfiguration, replyPolicy: ReplyPolicy, loop: any EventLoop,
    connector: UpstreamConnector, makeFeedID: @escaping () -> FeedID, clock: @escaping () -> MonotonicTime,
    logger: Logger
  ) {
    name = configuration.name
    algorithm = configuration.algorithm
    self.configuration = configuration
    reconnects = ReconnectRule(own: configuration.endpoints.map(\.host))
    self.replyPolicy = replyPolicy
    self.loop = loop
    self.connector = connector
    self.makeFeedID = makeFeedID
    self.clock = clock
    self.logger = logger
  }

  public var isReady: Bool { links.contains { $0.isReady } }

  public func start() { if links.isEmpty { openLink() } }

  public func stop() {
    isStopped = true
    for link in links { link.close("stopping") }
  }

  public func tick(at now: MonotonicTime) {
    for link in links { link.tick() }
    closeSpareLinks(at: now)
  }

  // MARK: seats

  public func claim(_ request: SeatRequest) -> Seat? {
    let now = clock()
    // A layout like the miner's first, then the fullest: half-empty connections drain and can be closed.
    let wanted: Int? = if case .fresh(let byteCount) = request { byteCount } else { nil }
    func fits(_ link: UpstreamLink) -> Int { link.partitions.last?.minerByteCount == wanted ? 1 : 0 }
    let candidates = links.filter(\.isReady).sorted { (fits($0), $0.leased) > (fits($1), $1.leased) }
    defer { openMoreIfNeeded() }
    for link in candidates {
      let index = link.partitions.count - 1
      switch request {
      case .fresh:
        if let seat = link.partitions[index].claim(at: now) { return seat }
      case .adopting(let seat), .resuming(let seat):
        if let same = link.partitions[index].claim(sameBytesAs: seat, at: now) { return same }
      }
    }
    return nil
  }

  public func release(_ seat: Seat) {
    guard let (link, index) = partition(of: seat.feed) else { return }
    link.partitions[index].release(seat, at: clock())
  }

  func partition(of feed: FeedID) -> (UpstreamLink, Int)? {
    for link in links {
      if let index = link.partitions.lastIndex(where: { $0.feed == feed }) { return (link, index) }
    }
    return nil
  }

  /// One connection with room is always open, so that a miner who comes or is moved need not wait.
  private func openMoreIfNeeded() {
    let room = links.contains { link in
      guard let last = link.partitions.last else { return true }
      return last.leased < max(1, last.capacity * 4 / 5)
    }
    if !room { openLink() }
  }

  private func closeSpareLinks(at now: MonotonicTime) {
    let spare = links.filter { $0.isReady && $0.leased == 0 && now.seconds(since: $0.openedAt) > 180 }
    for link in spare.dropFirst() where links.count > 1 && link.inFlight.isEmpty { link.close("no longer needed") }
  }

  // MARK: connections

  func openLink() {
    guard !isStopped, !isPaused, connecting == 0, links.count < configuration.maximumLinks else { return }
    connecting += 1
    let target = redirect ?? configuration.endpoints[endpoint % configuration.endpoints.count]
    redirect = nil
    let session = UpstreamSession(
      algorithm: algorithm, credentials: .init(user: configuration.user, password: configuration.password),
      resume: links.isEmpty ? resumed : nil, at: clock())
    let link = UpstreamLink(number: nextLink, session: session, owner: self, clock: clock)
    link.endpoint = target
    nextLink += 1
    let bound = NIOLoopBound((self, link), eventLoop: loop)
    connector.connect(to: target, trusting: configuration.trust, on: loop, handler: NIOLoopBound(link, eventLoop: loop))
      .whenComplete { result in
        let (source, link) = bound.value
        source.connected(link, to: target, result)
      }
    links.append(link)
  }

  private func connected(
    _ link: UpstreamLink, to target: UpstreamConfiguration.Endpoint,
    _ result: Result<UpstreamConnector.IsExposed, any Error>
  ) {
    switch result {
    case .success(false): break
    case .success(true):
      logger.warning(
        "an upstream is connected in the clear over a public network: whoever is between can take the hashrate",
        metadata: ["pool": "\(name)", "endpoint": "\(target)", "remedy": "write stratum+ssl:// if the pool offers TLS"])
    case .failure(let error): linkClosed(link, because: "\(target): \(UpstreamTrouble.words(for: error))")
    }
  }

  private func reconnectLater() {
    guard !isStopped else { return }
    let delay = backoff.next(using: &random)
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(Int64(delay * 1000))) { bound.value.openLinkIfNone() }
  }

  func openLinkIfNone() {
    if links.isEmpty { openLink() } else { openMoreIfNeeded() }
  }

  func takeKey() -> UInt64 {
    defer { nextKey += 1 }
    return nextKey
  }

  func makePartition(_ extranonce1: Extranonce, _ size: Int) -> ExtranoncePartition {
    ExtranoncePartition(
      feed: makeFeedID(), extranonce1: extranonce1, upstreamByteCount: size,
      wanted: configuration.minerExtranonce2, dialect: algorithm.dialect, startingAt: random.next())
  }

  func readinessMayHaveChanged() {
    let ready = isReady
    report.connections = links.filter(\.isReady).count
    if ready { report.trouble = nil }
    guard ready != wasReady else { return }
    wasReady = ready
    delegate?.sourceChangedReadiness(self)
  }
}

extension UpstreamSource: UpstreamLinkOwner {
  func linkChangedPhase(_ link: UpstreamLink) {
    guard link.session.phase == .working else { return }
    connecting = 0
    backoff.reset()
    resumed = link.session.sessionID
    let now = clock()
    latency.connects.record(now.seconds(since: link.openedAt), at: now)
    logger.info("upstream connection ready", metadata: ["pool": "\(name)", "link": "\(link.number)"])
    readinessMayHaveChanged()
    delegate?.sourceChangedReadiness(self)
  }

  func linkClosed(_ link: UpstreamLink, because reason: String) {
    guard let index = links.firstIndex(where: { $0 === link }) else { return }
    links.remove(at: index)
    if link.session.phase != .working { connecting = 0 }
    if links.isEmpty {
      endpoint += 1
      report.trouble = reason
    }
    let planned = isStopped || reason == "no longer needed"
    if !planned {
      if link.session.phase == .working { report.disconnects += 1 }
      logger.warning(
        "upstream connection lost", metadata: ["pool": "\(name)", "link": "\(link.number)", "reason": "\(reason)"])
    }
    for (_, share) in link.inFlight {
      report.unknown += 1
      if let ticket = share.ticket { delegate?.source(self, answers: ticket, with: .rejected(.upstreamLost)) }
    }
    link.inFlight = [:]
    for partition in link.partitions { delegate?.source(self, lost: partition.feed, because: reason) }
    readinessMayHaveChanged()
    if !planned { reconnectLater() }
  }
}

extension UpstreamConfiguration.Endpoint: CustomStringConvertible {
  public var description: String { "\(host):\(port)" }
}
