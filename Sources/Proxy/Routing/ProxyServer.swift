import Glibc
import Hashing
import Logging
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// The stratum endpoint: a listener and one shard for each event loop.
public final class ProxyServer: Sendable {
  /// Makes one shard's sources. Called once a shard, on its loop.
  public typealias MakeSources = @Sendable (SourceContext) throws -> [any WorkSource]

  /// What a source needs to know of the shard it is made for.
  public struct SourceContext {
    public let index: Int
    public let loop: any EventLoop
    public let makeFeedID: () -> FeedID
    public let clock: () -> MonotonicTime
  }

  let shards: [NIOLoopBound<Shard>]
  private let entrance: Entrance
  private let verifier: VerifierPool
  private let logger: Logger

  private init(shards: [NIOLoopBound<Shard>], entrance: Entrance, verifier: VerifierPool, logger: Logger) {
    self.shards = shards
    self.entrance = entrance
    self.verifier = verifier
    self.logger = logger
  }

  /// Starts a shard on each loop of `group`. `verifier` is stopped with the server.
  /// - Parameter saved: what another process image left; it had as many loops.
  public static func start(
    on group: MultiThreadedEventLoopGroup, configuration: ShardConfiguration, plan: RoutingPlan,
    names: any NameChecking, verifier: VerifierPool, caches: KawPowCaches? = nil,
    gate: any Gate = OpenGate(), events: EventSink = .none, receipts: ReceiptSink? = nil, saved: SavedProxy? = nil,
    logger: Logger, makeSources: @escaping MakeSources
  ) async throws -> ProxyServer {
    let memory = WorkerMemory()
    let entrance = Entrance(configuration.accept, gate: gate)
    let loops = Array(group.makeIterator())
    var shards: [NIOLoopBound<Shard>] = []
    for (index, loop) in loops.enumerated() {
      let shard = try await loop.submit { () throws -> NIOLoopBound<Shard> in
        let shard = Shard(
          index: index, loop: loop, configuration: configuration, names: names, memory: memory, verifier: verifier,
          caches: caches, entrance: entrance, events: events, receipts: receipts, logger: logger)
        let bound = NIOLoopBound(shard, eventLoop: loop)
        let earlier = saved.flatMap { $0.shards.indices.contains(index) ? $0.shards[index] : nil }
        if let earlier { shard.continueNumbers(of: earlier) }
        let context = SourceContext(
          index: index, loop: loop, makeFeedID: { bound.value.makeFeedID() }, clock: { bound.value.now() })
        shard.prepare(sources: try makeSources(context), plan: plan)
        guard let earlier else {
          shard.begin()
          return bound
        }
        shard.take(earlier)
        return bound
      }.get()
      if let earlier = saved.flatMap({ $0.shards.indices.contains(index) ? $0.shards[index] : nil }) {
        try await loop.flatSubmit { shard.value.connect(earlier.miners) }.get()
        try await loop.submit {
          shard.value.begin()
          shard.value.open()
        }.get()
      }
      shards.append(shard)
    }
    return ProxyServer(shards: shards, entrance: entrance, verifier: verifier, logger: logger)
  }

  /// Binds the endpoint, or goes on with one that another process image bound.
  public func listen(
    host: String, port: Int, bound: Int32? = nil, on group: MultiThreadedEventLoopGroup
  ) async throws -> any Channel {
    var byLoop: [ObjectIdentifier: NIOLoopBound<Shard>] = [:]
    for shard in shards { byLoop[ObjectIdentifier(shard.eventLoop)] = shard }
    let shardOf = byLoop
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 8192)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      // A peer that is gone without a word is found out when it takes no job for two minutes.
      .childChannelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: 120_000)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      // Small receive buffers: ten thousand miners are silent nearly all the time.
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: Limits.outboxBytes / 2, high: Limits.outboxBytes)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let shard = shardOf[ObjectIdentifier(channel.eventLoop)] else { throw UnknownLoop() }
          let connection = shard.value.makeConnection()
          try channel.pipeline.syncOperations.addHandlers([
            MinerDoor(connection, shard.value.configuration.door), connection,
          ])
        }
      }
    if let bound { return try await bootstrap.withBoundSocket(bound).get() }
    return try await bootstrap.bind(host: host, port: port).get()
  }

  struct UnknownLoop: Error {}

  /// Answers what was read, tells miners to come again, and closes.
  public func stop() async {
    for shard in shards { shard.eventLoop.execute { shard.value.rest() } }
    let deadline = NIODeadline.now() + .milliseconds(Int64(Self.saveSeconds * 1000))
    for shard in shards {
      try? await Self.wait(for: \.hasAnswered, of: shard, by: deadline)
      try? await shard.eventLoop.submit { shard.value.stop() }.get()
    }
    verifier.stop()
  }

  /// All shards' miners and sources at about one moment.
  public func snapshot() async -> FleetSnapshot {
    var reports: [ShardReport] = []
    for shard in shards {
      if let report = try? await shard.eventLoop.submit({ shard.value.report() }).get() { reports.append(report) }
    }
    let now = MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
    var snapshot = FleetSnapshot(
      at: now, sources: SourceSum.sources(of: reports, at: now), miners: reports.flatMap(\.miners),
      verifier: verifier.snapshot)
    for report in reports {
      snapshot.connections.opened += report.connections.opened
      snapshot.connections.refused += report.connections.refused
      snapshot.shareSeconds.add(report.shareSeconds)
    }
    return snapshot
  }

  /// Limits, rules of conduct, difficulties and labels for whoever comes from now on.
  public func use(_ configuration: ShardConfiguration) {
    entrance.use(configuration.accept)
    for shard in shards { shard.eventLoop.execute { shard.value.use(configuration) } }
  }

  public func apply(_ plan: RoutingPlan) {
    for shard in shards { shard.eventLoop.execute { shard.value.apply(plan) } }
  }

  /// Moves at once; the plan that keeps them there is the caller's. When this returns every shard has the order in its
  /// queue: a plan that is applied later comes later, and takes none of its miners before they are counted.
  public func move(to name: String, worker: String?) -> [EventLoopFuture<MoveResult>] {
    let ordered = MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
    return shards.map { shard in
      shard.eventLoop.submit { shard.value.move(to: name, worker: worker, ordered: ordered) }
    }
  }
}

/// Adds up the shards' parts of each source.
enum SourceSum {
  static func sources(of reports: [ShardReport], at now: MonotonicTime) -> [SourceSnapshot] {
    guard let names = reports.first?.sources.map(\.name) else { return [] }
    var hashrates: [String: Hashrate] = [:]
    for report in reports {
      // Ten thousand miners are looked at once, and none is copied.
      for index in report.miners.indices {
        guard let source = report.miners[index].source else { continue }
        hashrates[source] = (hashrates[source] ?? .zero) + report.miners[index].hashrate
      }
    }
    let parts = Dictionary(grouping: reports.flatMap(\.sources), by: \.name)
    return names.compactMap { sum(parts[$0] ?? [], hashrate: hashrates[$0] ?? .zero, at: now) }
  }

  private static func sum(
    _ parts: [ShardReport.SourcePart], hashrate: Hashrate, at now: MonotonicTime
  ) -> SourceSnapshot? {
    guard let first = parts.first else { return nil }
    var sum = SourceSnapshot(name: first.name, pool: first.pool, kind: first.kind, algorithm: first.algorithm)
    sum.isReady = parts.contains(where: \.isReady)
    sum.readySeconds = parts.map(\.readySeconds).max() ?? 0
    sum.hashrate = hashrate
    for part in parts {
      sum.connections += part.report.connections
      sum.acceptedWork += part.report.acceptedWork
      sum.counters.add(part.counters)
    }
    var latency = first.latency
    for other in parts.dropFirst().compactMap(\.latency) { latency?.add(other) }
    let replies = latency?.replies.milliseconds(atPercents: [50, 99])
    (sum.replyMillisecondsP50, sum.replyMillisecondsP99) = (replies?[0], replies?[1])
    let connects = latency?.connects.milliseconds(atPercents: [50, 99])
    (sum.connectMillisecondsP50, sum.connectMillisecondsP99) = (connects?[0], connects?[1])
    sum.jobAgeSeconds = parts.compactMap(\.report.lastJob).max().map { now.seconds(since: $0) }
    sum.observed = SourceObservations(parts.map(\.report))
    sum.trouble = sum.isReady ? nil : parts.compactMap(\.report.trouble).first
    return sum
  }
}

extension ShareCounters {
  mutating func add(_ other: ShareCounters) {
    toldAccepted += other.toldAccepted
    toldRejected.merge(other.toldRejected, uniquingKeysWith: +)
    forwarded += other.forwarded
    sourceAccepted += other.sourceAccepted
    sourceRejected += other.sourceRejected
    unknown += other.unknown
    blocks += other.blocks
  }
}
