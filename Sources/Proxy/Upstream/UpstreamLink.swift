import NIOCore
import Stratum

/// What a link tells the source that owns it. All on the link's event loop.
protocol UpstreamLinkOwner: AnyObject {
  func link(_ link: UpstreamLink, event: UpstreamSession.Event)
  /// Authorized, or no longer.
  func linkChangedPhase(_ link: UpstreamLink)
  func linkClosed(_ link: UpstreamLink, because reason: String)
}

/// Runs one upstream session on its socket. Lives on its shard's event loop; decides nothing.
final class UpstreamLink: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  let number: Int
  var session: UpstreamSession
  weak var owner: (any UpstreamLinkOwner)?
  /// Splits of this connection's space, newest last: an upstream that changes extranonce starts another, and late
  /// shares still belong to the one before.
  var partitions: [ExtranoncePartition] = []
  /// Feeds of earlier spaces whose miners wait for the first job of the new one.
  var replaced: [FeedID] = []
  /// Which work a job id of the upstream stands for now: some reuse ids.
  private(set) var worksByJobID: [String: Work] = [:]
  /// Its ids, oldest first.
  private var jobIDs: [String] = []
  /// Shares sent and not answered.
  var inFlight: [UInt64: Submitted] = [:]
  /// The upstream judged a share by a difficulty that it set after the share's job.
  var appliesTargetAtOnce = false
  var target: Target?
  var hasWork = false
  var position: Work.Content.Position?
  /// The job that came last, and the target that held for it.
  var notice: (JobNotice, Target)?
  var openedAt: MonotonicTime
  /// Where it goes to.
  var endpoint: UpstreamConfiguration.Endpoint?

  struct Submitted: Codable {
    let ticket: ShareTicket?
    let work: ShareWork
    let isBlock: Bool
    let jobTarget: Target
  }

  private let clock: () -> MonotonicTime
  private(set) var channel: (any Channel)?
  private(set) var splitter = LineSplitter()
  /// Another process image opened it.
  private var isTakenOver = false
  private var scratch: [UInt8] = []
  private var isClosed = false

  init(number: Int, session: UpstreamSession, owner: any UpstreamLinkOwner, clock: @escaping () -> MonotonicTime) {
    self.number = number
    self.session = session
    self.owner = owner
    self.clock = clock
    openedAt = clock()
  }

  init(_ saved: SavedLink, owner: any UpstreamLinkOwner, clock: @escaping () -> MonotonicTime) {
    number = saved.number
    session = saved.session
    self.owner = owner
    self.clock = clock
    (partitions, replaced, worksByJobID) = (saved.partitions, saved.replaced, saved.worksByJobID)
    (inFlight, appliesTargetAtOnce, target) = (saved.inFlight, saved.appliesTargetAtOnce, saved.target)
    (position, openedAt, endpoint) = (saved.position, saved.openedAt, saved.endpoint)
    notice = saved.notice.map { ($0.job, $0.target) }
    jobIDs = Array(saved.worksByJobID.keys)
    splitter = LineSplitter(rest: saved.rest.bytes)
    (hasWork, isTakenOver) = (true, true)
  }

  /// Seats can be given out: authorized, with a job.
  var isReady: Bool { !isClosed && session.phase == .working && hasWork && !partitions.isEmpty }
  var leased: Int { partitions.reduce(0) { $0 + $1.leased } }

  func channelActive(context: ChannelHandlerContext) {
    channel = context.channel
    guard !isTakenOver else { return }
    run { session.connected(at: clock(), into: &scratch) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    channel = nil
    finish("connection closed by the pool")
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do throws(LineSplitter.TooLong) {
      try splitter.feed(unwrapInboundIn(data), limit: { Limits.upstreamLineBytes }) { line in
        received(line)
        return !isClosed
      }
    } catch {
      close(UpstreamFailure.lineTooLong.message)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if !context.channel.isWritable { close("does not read what is sent") }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    close(UpstreamTrouble.words(for: error))
  }

  private func received(_ line: RawSpan) {
    let phase = session.phase
    var event: UpstreamSession.Event?
    run {
      do throws(MalformedLine) {
        event = session.received(try ServerMessageParser.parse(line), at: clock(), into: &scratch)
      } catch {
        event = session.receivedMalformed()
      }
    }
    if let event { handle(event) }
    if session.phase != phase { owner?.linkChangedPhase(self) }
  }

  private func handle(_ event: UpstreamSession.Event) {
    owner?.link(self, event: event)
    if case .failed(let failure) = event { close(failure.message) }
  }

  func tick() {
    if let event = session.ticked(at: clock()) { handle(event) }
  }

  /// A pool that never sends a clean job must not fill our memory with old ones: who mines those is stale by then.
  func remember(_ work: Work, as jobID: String, isClean: Bool) {
    if isClean {
      worksByJobID.removeAll(keepingCapacity: true)
      jobIDs.removeAll(keepingCapacity: true)
    }
    if worksByJobID.updateValue(work, forKey: jobID) == nil { jobIDs.append(jobID) }
    guard jobIDs.count > Limits.jobsPerFeed else { return }
    for forgotten in jobIDs.prefix(Limits.jobsPerFeed / 4) { worksByJobID[forgotten] = nil }
    jobIDs.removeFirst(Limits.jobsPerFeed / 4)
  }

  func submit(
    key: UInt64, worker: String, sourceJobID: String, _ solution: ShareSubmission.Solution, record: Submitted
  ) {
    inFlight[key] = record
    run {
      session.submit(
        key: key, worker: worker, sourceJobID: sourceJobID, solution, at: clock(), into: &scratch)
    }
    channel?.flush()
  }

  /// Runs `body`, then writes what it put into the scratch.
  private func run(_ body: () -> Void) {
    scratch.removeAll(keepingCapacity: true)
    body()
    guard !scratch.isEmpty, let channel else { return }
    channel.write(ByteBuffer(bytes: scratch), promise: nil)
    if session.phase != .working { channel.flush() }
  }

  func close(_ reason: String) {
    // TLS may end the channel at once: then the reason must be known.
    let channel = channel
    finish(reason)
    channel?.close(promise: nil)
  }

  private func finish(_ reason: String) {
    guard !isClosed else { return }
    isClosed = true
    owner?.linkClosed(self, because: reason)
  }
}
