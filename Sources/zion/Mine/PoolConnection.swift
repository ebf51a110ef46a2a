import Hashing
import NIOCore
import Stratum

/// One connection to a pool, on its event loop: runs an `UpstreamSession` on the socket, posts its jobs to the board
/// and sends the shares that threads bring.
final class PoolConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// How a connection ended.
  enum Ending: Sendable, Equatable {
    case lost(String)
    /// The pool asked for it; to another port, perhaps.
    case moved(port: Int?)
    /// The pool does not want this user: trying again is of no use.
    case refused(String)
  }

  struct Parts: Sendable {
    let number: UInt64
    let slot: Int
    let algorithm: Algorithm
    let credentials: UpstreamSession.Credentials
    let board: WorkBoard
    let progress: MineProgress
    let caches: KawPowCaches
    let say: @Sendable (String) -> Void
  }

  private let parts: Parts
  private let ended: EventLoopPromise<Ending>
  private var session: UpstreamSession
  private var channel: (any Channel)?
  private var ticks: RepeatedTask?
  private var input = ByteBuffer()
  private var output: [UInt8] = []
  private var extranonce: (Extranonce, byteCount: Int)?
  /// A job that came before the pool let us in.
  private var early: MiningJob?
  private var nextKey: UInt64 = 0
  private var blockKeys: Set<UInt64> = []
  private var isEnded = false

  init(_ parts: Parts, ended: EventLoopPromise<Ending>) {
    self.parts = parts
    self.ended = ended
    session = UpstreamSession(
      algorithm: parts.algorithm, credentials: parts.credentials, resume: nil, at: .now)
  }

  /// The channel is connected by now.
  func handlerAdded(context: ChannelHandlerContext) {
    guard !isEnded else { return context.close(promise: nil) }
    channel = context.channel
    session.connected(at: .now, into: &output)
    flush()
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
      let connection = bound.value
      if let event = connection.session.ticked(at: .now) { connection.handle(event) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) { end(.lost("the pool closed the connection")) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.lost(PoolLink.words(for: error))) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    while !isEnded, let length = input.readableBytesView.firstIndex(of: 10).map({ $0 - input.readerIndex }) {
      if let line = input.readSlice(length: length), length > 0 { received(line) }
      input.moveReaderIndex(forwardBy: 1)
    }
    input.discardReadBytes()
    if input.readableBytes > Limits.upstreamLineBytes { end(.lost(UpstreamFailure.lineTooLong.message)) }
  }

  /// A share of this connection's job.
  func submit(_ share: MinedShare) {
    guard !isEnded, share.job.connection == parts.number, session.phase == .working else {
      parts.board.settled(for: parts.slot)
      parts.progress.update { $0.lost += 1 }
      return
    }
    nextKey += 1
    if share.isBlock { blockKeys.insert(nextKey) }
    let user = parts.credentials.user
    session.submit(
      key: nextKey, worker: user, sourceJobID: share.job.sourceJobID, share.solution, at: .now, into: &output)
    flush()
  }
}

extension PoolConnection {
  private func received(_ line: ByteBuffer) {
    let before = session.phase
    let event: UpstreamSession.Event?
    do throws(MalformedLine) {
      let message = try ServerMessageParser.parse(line.readableBytesView)
      event = session.received(message, at: .now, into: &output)
    } catch {
      event = session.receivedMalformed()
    }
    flush()
    if before != .working, session.phase == .working {
      parts.say("authorized as \(parts.credentials.user); waiting for a job")
      parts.progress.update { $0.connects += 1 }
      if let early { post(early) }
    }
    if let event { handle(event) }
  }

  private func handle(_ event: UpstreamSession.Event) {
    switch event {
    case .extranonce(let extranonce1, let size): extranonce = (extranonce1, size)
    case .target: break  // Holds from the next job on, which brings it along.
    case .work(let notice, let target, _):
      guard let (extranonce1, size) = extranonce else { return }
      let job = MiningJob(
        connection: parts.number, notice: notice, algorithm: parts.algorithm, extranonce1: extranonce1,
        extranonce2ByteCount: size, target: target)
      if session.phase == .working { post(job) } else { early = job }
    case .answered(let key, let outcome, _): answered(key, outcome)
    case .reconnect(let host, let port):
      if let host { parts.say("the pool asks to go to \(host); only the port is followed") }
      end(.moved(port: port))
    case .message(let text): parts.say("the pool says: \(text)")
    case .failed(let failure):
      switch failure {
      case .authorizeRefused, .subscribeRefused: end(.refused(failure.message))
      default: end(.lost("the pool \(failure.message)"))
      }
    }
  }

  private func post(_ job: MiningJob) {
    if let work = job.work.kawpow { parts.caches.need([work.height], by: parts.slot) }
    parts.board.post(job, to: parts.slot)
    parts.progress.update {
      $0.jobID = job.sourceJobID
      $0.difficulty = job.target.difficulty(for: job.algorithm)
      $0.trouble = nil
    }
  }

  private func answered(_ key: UInt64, _ outcome: ShareOutcome) {
    parts.board.settled(for: parts.slot)
    let isBlock = blockKeys.remove(key) != nil
    parts.progress.update { tally in
      switch outcome {
      case .accepted:
        tally.accepted += 1
        if isBlock { tally.blocks += 1 }
      case .rejected(let reason):
        tally.rejected += 1
        tally.lastRejection = reason.message
      case .refused(let code, let message):
        tally.rejected += 1
        tally.lastRejection = "\(message) (\(code))"
      }
    }
  }

  private func flush() {
    guard !output.isEmpty else { return }
    channel?.writeAndFlush(ByteBuffer(bytes: output), promise: nil)
    output.removeAll(keepingCapacity: true)
  }

  /// The first ending counts.
  func end(_ ending: Ending) {
    guard !isEnded else { return }
    isEnded = true
    ticks?.cancel()
    parts.board.post(nil, to: parts.slot)
    let unanswered = session.unanswered.count
    for _ in 0..<unanswered { parts.board.settled(for: parts.slot) }
    parts.progress.update { $0.lost += unanswered }
    channel?.close(promise: nil)
    ended.succeed(ending)
  }
}

extension MonotonicTime {
  static var now: MonotonicTime { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }
}
