import Hashing
import Logging
import NIOCore
import NIOEmbedded
import Stratum
import TestSupport

@testable import Proxy

/// A shard on a clock of its own, with sources that tests control and miners that believe every line they get.
final class ModelFarm {
  let loop = EmbeddedEventLoop()
  let shard: Shard
  let sources: [ModelSource]
  private(set) var miners: [ModelMiner] = []

  /// The last source is a local pool: it credits miners and adopts any extranonce.
  init(upstreams: Int = 2, local: Bool = true) {
    let settings = Vardiff.Settings(minimum: Difficulty(clamping: 1e-12), maximum: Difficulty(clamping: 1e-9))
    shard = Shard(
      index: 0, loop: loop,
      configuration: ShardConfiguration(
        algorithm: .sha256d, vardiff: settings, startDifficulty: Difficulty(clamping: 2e-10), staleGraceSeconds: 2,
        maximumConnections: 1000),
      names: AnyName(), memory: WorkerMemory(), verifier: VerifierPool(threadCount: 1),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let shard = shard
    var sources = (0..<upstreams).map { index in
      ModelSource(name: "up\(index)", prefix: UInt8(index + 1), adopts: false, makeFeedID: shard.makeFeedID)
    }
    if local { sources.append(ModelSource(name: "local", prefix: 0xee, adopts: true, makeFeedID: shard.makeFeedID)) }
    self.sources = sources
    shard.start(sources: sources, plan: .init(order: sources.map(\.name)))
  }

  func connect(follows: Bool = true, user: String = "acct.rig", resuming session: String? = nil) -> ModelMiner {
    let miner = ModelMiner(shard.makeConnection(), loop: loop)
    miners.append(miner)
    let resume = session.map { ",\"\($0)\"" } ?? ""
    miner.send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"model\"\(resume)]}")
    if follows { miner.send(#"{"id":2,"method":"mining.extranonce.subscribe","params":[]}"#) }
    miner.send("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"\(user)\",\"x\"]}")
    settle()
    return miner
  }

  /// Lets everything that was written arrive.
  func settle() {
    loop.run()
    for miner in miners { miner.read() }
  }

  func wait(_ seconds: Int64) {
    loop.advanceTime(by: .seconds(seconds))
    settle()
  }

  func stop() {
    shard.stop()
    settle()
    shard.verifier.stop()
  }

  private struct AnyName: NameChecking {
    func checkNow(_ user: String) -> NameCheck? {
      let parts = user.split(separator: ".", maxSplits: 1).map(String.init)
      return .accepted(MinerIdentity(account: parts[0], worker: parts.count > 1 ? parts[1] : ""), nil)
    }
    func check(_ user: String) async -> NameCheck { .refused("not asked") }
  }
}

/// A source whose jobs and fate a test decides.
final class ModelSource: WorkSource {
  let name: String
  let algorithm = Algorithm.sha256d
  var creditsMiners: Bool { adopts }
  weak var delegate: (any WorkSourceDelegate)?
  var report = SourceReport()
  private(set) var isReady = false
  private(set) var delivered: [JudgedShare] = []
  var answer: ShareOutcome? = .accepted
  /// `nil` while it has no connection.
  private(set) var feed: FeedID?
  private let prefix: UInt8
  private let adopts: Bool
  private let makeFeedID: () -> FeedID
  private var leases: ExtranonceLeases
  private var random = SeededRandom(seed: 1)
  private var lanes: [FeedID: FeedID] = [:]
  private var works = 0
  private var epoch: UInt8 = 0

  init(name: String, prefix: UInt8, adopts: Bool, makeFeedID: @escaping () -> FeedID) {
    self.name = name
    self.prefix = prefix
    self.adopts = adopts
    self.makeFeedID = makeFeedID
    leases = ExtranonceLeases(capacity: 65_536, using: &random)
  }

  func start() {}
  func stop() {}

  func connect() {
    guard feed == nil else { return }
    feed = makeFeedID()
    epoch += 1
    isReady = true
    offer(clean: true)
    delegate?.sourceChangedReadiness(self)
  }

  func disconnect() {
    guard let lost = feed else { return }
    feed = nil
    isReady = false
    delegate?.source(self, lost: lost, because: "test")
    delegate?.sourceChangedReadiness(self)
  }

  /// New work: on a new block when clean.
  func offer(clean: Bool) {
    guard let feed else { return }
    works += 1
    offer(to: feed, lane: 0, clean: clean)
    for (home, lane) in lanes { offer(to: lane, lane: home.value, clean: clean) }
  }

  private func offer(to feed: FeedID, lane: UInt32, clean: Bool) {
    let work = Work(
      previousBlock: Hash256(number: UInt256(UInt64(prefix))),
      coinbase1: [prefix] + (0..<4).map { UInt8(truncatingIfNeeded: lane >> (8 * $0)) }, coinbase2: [9],
      merkleBranches: [], version: 0x2000_0000, nBits: 0x1d00_ffff,
      nTime: UnixTime(seconds: UInt32(1_700_000_000 + works)))
    delegate?.source(
      self, feed: feed, offers: work, sourceJobID: "\(works)", target: Target(UInt256(1)), versionMask: 0,
      isClean: clean)
  }

  func claim(_ request: SeatRequest) -> Seat? {
    guard let feed else { return nil }
    switch request {
    case .fresh:
      guard let slot = leases.lease(at: .zero) else { return nil }
      let bytes = [prefix, epoch, UInt8(slot >> 8), UInt8(slot & 255)]
      return Seat(feed: feed, slot: slot, extranonce1: Extranonce(bytes) ?? .empty, extranonce2ByteCount: 6)
    case .adopting(let seat):
      guard adopts else { return nil }
      if lanes[seat.feed] == nil {
        let lane = makeFeedID()
        lanes[seat.feed] = lane
        offer(to: lane, lane: seat.feed.value, clean: true)
      }
      return lanes[seat.feed].map {
        Seat(
          feed: $0, slot: seat.slot, extranonce1: seat.extranonce1, extranonce2ByteCount: seat.extranonce2ByteCount)
      }
    case .resuming(let seat): return seat.feed == feed && leases.lease(slot: seat.slot) ? seat : nil
    }
  }

  func release(_ seat: Seat) { if seat.feed == feed { leases.release(seat.slot, at: .zero) } }

  func deliver(_ share: JudgedShare) {
    delivered.append(share)
    if let answer { delegate?.source(self, answers: share.ticket, with: answer) }
  }
}

/// A miner that does what the lines say, as a real one would.
final class ModelMiner {
  struct Job {
    let notice: JobNotice
    let extranonce1: Extranonce
    let extranonce2ByteCount: Int
  }

  let connection: MinerConnection
  private let channel: EmbeddedChannel
  private(set) var extranonce1 = Extranonce.empty
  private(set) var extranonce2ByteCount = 0
  private(set) var jobs: [Job] = []
  private(set) var answers: [ServerMessage.Response] = []
  private(set) var methods: [String] = []
  private(set) var wasAskedToReconnect = false
  private var counter: UInt64 = 0

  init(_ connection: MinerConnection, loop: EmbeddedEventLoop) {
    self.connection = connection
    channel = EmbeddedChannel(handler: connection, loop: loop)
    if let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 1) {
      channel.connect(to: address, promise: nil)
    }
  }

  var isOpen: Bool { channel.isActive }
  var source: String? { connection.source?.name }

  func send(_ line: String) {
    do {
      try channel.writeInbound(ByteBuffer(string: line + "\n"))
    } catch {
      methods.append("error \(error)")
    }
  }

  func disconnect() { channel.close(promise: nil) }

  func read() {
    while true {
      guard let buffer = try? channel.readOutbound(as: ByteBuffer.self) else { return }
      for line in buffer.readableBytesView.split(separator: 10) {
        guard let message = try? ServerMessageParser.parse(line) else { continue }
        received(message)
      }
    }
  }

  private func received(_ message: ServerMessage) {
    switch message {
    case .response(_, .success(.subscription(_, let extranonce, let size))), .setExtranonce(let extranonce, let size):
      (extranonce1, extranonce2ByteCount) = (extranonce, size)
      methods.append("extranonce")
    case .notify(let notice):
      methods.append(notice.cleanJobs ? "clean" : "notify")
      jobs.append(Job(notice: notice, extranonce1: extranonce1, extranonce2ByteCount: extranonce2ByteCount))
    case .setDifficulty: methods.append("difficulty")
    case .setVersionMask: methods.append("mask")
    case .reconnect: wasAskedToReconnect = true
    case .response(_, let response): answers.append(response)
    default: break
    }
  }

  /// Submits a share for a job, and returns the header that the miner hashed for it.
  func submit(_ job: Job, user: String = "acct.rig") -> BlockHeader? {
    counter += 1
    guard let low = Extranonce(counter, byteCount: min(8, job.extranonce2ByteCount)) else { return nil }
    let kernels = Kernels()
    let coinbase = job.notice.coinbase1 + job.extranonce1.bytes + low.bytes + job.notice.coinbase2
    let root = MerkleRoot.fold(
      coinbase.withUnsafeBytes { kernels.sha256d($0) }, job.notice.merkleBranches, using: kernels)
    let header = BlockHeader(
      version: job.notice.version, previousBlock: job.notice.previousBlock, merkleRoot: root,
      nTime: job.notice.nTime, nBits: job.notice.nBits, nonce: UInt32(truncatingIfNeeded: counter))
    send(
      "{\"id\":9,\"method\":\"mining.submit\",\"params\":[\"\(user)\",\"\(job.notice.jobID)\",\"\(low.hex)\","
        + "\"\(Hex.encode(header.nTime.seconds))\",\"\(Hex.encode(header.nonce))\"]}")
    return header
  }
}
