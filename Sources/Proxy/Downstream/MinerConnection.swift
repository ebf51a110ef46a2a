import NIOCore
import Orchestrator
import Stratum

/// Runs one miner's session on its socket. Lives on the shard's event loop; decides nothing.
final class MinerConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let number: UInt64
  /// Held until the connection closes: the last of them close when everything else is gone.
  let shard: Shard
  var session: MinerSession
  /// Where it is and what it is; known at authorize.
  var label = MinerLabel()
  /// Where its jobs come from; `nil` while it waits for a seat.
  var source: (any WorkSource)?
  /// The seat whose extranonce bytes the miner holds, kept when another source adopted them.
  var home: (source: any WorkSource, seat: Seat)?
  /// The session id that it was told, where that is of another seat than its own.
  var knownAs: String?
  /// Position in its feed's list of members; `nil` when it is in none.
  var memberIndex: Int?
  /// Names whose check takes a node's time, and shares that came under a name not known yet.
  var namesBeingChecked = 0
  var held: [(candidate: Shard.Candidate, hash: Hash256)] = []
  /// Whether the event bus has heard of it.
  var isAnnounced = false
  /// When it is closed if it did not follow `client.reconnect`.
  var reconnectDue: MonotonicTime?
  /// Without the port: where a miner that was asked to reconnect will come from.
  private(set) var remoteAddress: String?
  private(set) var address: NetworkAddress?
  /// What the door counts it by, until it ends.
  var pass: AcceptBook.Pass?
  var conduct: Conduct
  /// When the gate last heard that a share of it counted.
  var praisedAt: MonotonicTime?
  /// It went by itself, or for what it did: not because of us.
  private(set) var endedByPeer = true
  /// What a proxy before us says of the miner, in place of the socket's address.
  var declaredAddress: String?
  /// Whether TLS protects it, here or at a proxy before us; `nil` when a proxy does not say.
  var isEncrypted: Bool?
  /// Slows a flood of shares that cannot count.
  var brake: ShareBrake
  /// How far it has come through the door.
  enum Door { case waiting, holding, open, encrypted }
  var door = Door.waiting
  private(set) var channel: (any Channel)?
  private(set) var splitter = LineSplitter()
  /// When the line began whose end is awaited.
  private(set) var lineBegan: MonotonicTime?
  private(set) var isClosing = false
  /// Everything that was written has gone to the socket, when it is asked for.
  var isFlushed = false
  /// It came from another process image.
  private var isTakenOver = false
  private var isReading = false
  private(set) var isPaused = false
  /// A notify of this connection was written and not flushed.
  private var holdsNotify = false

  init(number: UInt64, shard: Shard, session: MinerSession) {
    self.number = number
    self.shard = shard
    self.session = session
    brake = ShareBrake(at: session.connectedAt)
    conduct = Conduct(shard.configuration.conduct, at: session.connectedAt)
  }

  /// One that another process image had.
  init(_ saved: SavedMiner, shard: Shard) {
    number = saved.number
    self.shard = shard
    session = saved.session
    label = saved.label
    knownAs = saved.knownAs
    isAnnounced = saved.isAnnounced
    reconnectDue = saved.reconnectDue
    (conduct, brake, praisedAt) = (saved.conduct, saved.brake, saved.praisedAt)
    (declaredAddress, isEncrypted) = (saved.declaredAddress, saved.isEncrypted)
    door = saved.isAtDoor ? .waiting : .open
    splitter = LineSplitter(rest: saved.rest.bytes)
    lineBegan = saved.lineBegan
    isTakenOver = true
  }

  func channelActive(context: ChannelHandlerContext) {
    channel = context.channel
    remoteAddress = declaredAddress ?? context.remoteAddress?.ipAddress
    // A link-local address names its interface behind a percent sign.
    address = remoteAddress.flatMap { NetworkAddress(ofSocket: $0) }
    if isTakenOver { shard.tookOver(self) } else { shard.opened(self) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    shard.closed(self)
    channel = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    isReading = true
    var hasEnded = false
    do throws(LineSplitter.TooLong) {
      try splitter.feed(
        unwrapInboundIn(data),
        limit: {
          session.phase == .authorized ? Limits.lineBytesAfterAuthorize : Limits.lineBytesBeforeAuthorize
        },
        body: { line in
          hasEnded = true
          received(line)
          return !isClosing
        })
    } catch {
      close(.lineTooLong)
    }
    if !splitter.awaitsEnd {
      lineBegan = nil
    } else if hasEnded || lineBegan == nil {
      lineBegan = shard.now()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
  }

  /// A miner that does not read its jobs is better off reconnecting: what waits for it is long stale.
  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if !context.channel.isWritable { close(.outboxFull) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    shard.logger.debug(
      "a miner's connection broke", metadata: ["session_id": "\(number)", "reason": "\(error)"])
    context.close(promise: nil)
  }

  private func received(_ line: RawSpan) {
    let now = shard.now()
    shard.scratch.removeAll(keepingCapacity: true)
    let action: SessionAction
    do throws(MalformedLine) {
      action = session.received(
        try MessageParser.parse(line, in: session.algorithm.dialect), at: now, into: &shard.scratch)
    } catch {
      action = session.received(malformed: error, into: &shard.scratch)
    }
    writeScratch()
    if let fault = session.takeFault() { shard.note(fault, of: self) }
    switch action {
    case .none: break
    case .findSeat(let resume): shard.findSeat(for: self, resume: resume)
    case .login(let request, let reply): shard.login(self, request, reply: reply)
    case .authorize(let user, let password, let reply):
      shard.authorize(self, user: user, PasswordOptions(password), reply: reply)
    case .reconnect: shard.sendBack(self)
    case .judge(let share, let reply): shard.judge(share, from: self, reply: reply)
    case .resendJob: shard.resendJob(to: self)
    case .close(let reason): close(reason)
    }
  }

  /// Runs `body` on the session with the shard's scratch, and writes what it wrote.
  func update(_ body: (inout MinerSession, inout [UInt8]) -> Void) {
    shard.scratch.removeAll(keepingCapacity: true)
    body(&session, &shard.scratch)
    writeScratch()
  }

  func writeScratch() {
    guard !shard.scratch.isEmpty, let channel, !isClosing else { return }
    channel.write(ByteBuffer(bytes: shard.scratch), promise: nil)
    if !isReading { shard.needsFlush(self) }
  }

  /// Writes what prepares a job and its notify, in one piece that no other notify is part of: kawpowminer takes only the
  /// first notify of what it reads at once.
  func writeNotify() {
    if holdsNotify { flush() }
    writeScratch()
    holdsNotify = true
  }

  /// Writes bytes that many miners share.
  func write(shared buffer: ByteBuffer) {
    guard let channel, !isClosing else { return }
    channel.write(buffer, promise: nil)
    if !isReading { shard.needsFlush(self) }
  }

  func flush() {
    holdsNotify = false
    channel?.flush()
  }

  /// Reads nothing more for a while: what the miner sends waits at its own end.
  func pause(seconds: Double, because reason: String) {
    guard let channel, !isClosing, !isPaused else { return }
    isPaused = true
    shard.scratch.removeAll(keepingCapacity: true)
    MessageWriter.showMessage(
      "Slowed down: not read for \(Decimal.fixed(seconds, decimals: 0)) s, \(reason)", into: &shard.scratch)
    writeScratch()
    // Closed meanwhile: then there is nothing to pause, and nothing to take up again.
    channel.setOption(.autoRead, value: false).whenFailure { _ in }
    let bound = NIOLoopBound(self, eventLoop: shard.loop)
    shard.loop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) { bound.value.resume() }
  }

  private func resume() {
    isPaused = false
    goOnReading()
  }

  func goOnReading() {
    guard !isPaused, !shard.isQuiet else { return }
    // The rest of a line could not come while nothing was read.
    if lineBegan != nil { lineBegan = shard.now() }
    channel?.setOption(.autoRead, value: true).whenFailure { _ in }
    channel?.read()
  }

  /// Tells the miner why where it still listens, and closes.
  /// - Parameter detail: what there is to say beyond the reason.
  func close(_ reason: CloseReason, saying detail: String? = nil) {
    guard !isClosing else { return }
    endedByPeer = reason.isPeers
    shard.log(closing: self, because: reason)
    if reason != .outboxFull, let channel {
      var bytes: [UInt8] = []
      let sentence = detail.map { "\(reason.sentence): \($0)" } ?? reason.sentence
      MessageWriter.showMessage("Disconnecting: \(sentence)", into: &bytes)
      channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }
    isClosing = true
    channel?.close(promise: nil)
  }
}

extension CloseReason {
  /// Whether the peer did, or failed to do, what it is closed for.
  var isPeers: Bool {
    switch self {
    case .lineTooLong, .lineTooSlow, .tooManyMalformedLines, .notAuthorizedInTime, .tooManyRequestsWaiting, .outboxFull,
      .noShareInTime, .madeRoom, .needsTLS, .noTLSHere, .unexpectedProxyHeader:
      true
    // Misconduct is judged by what it was made of.
    case .noSource, .moved, .shutdown, .tooManyConnections, .banned, .misconduct, .tooManyFromAddress, .tooFast,
      .tooManyNewcomers:
      false
    }
  }

  var sentence: String {
    switch self {
    case .lineTooLong: "a line was longer than allowed"
    case .lineTooSlow: "a line did not end within \(Int(Limits.lineSeconds)) s"
    case .tooManyMalformedLines: "\(Limits.malformedLines) malformed lines in a row"
    case .notAuthorizedInTime: "not authorized within \(Int(Limits.authorizeSeconds)) s"
    case .tooManyRequestsWaiting: "more requests than can wait for an answer"
    case .outboxFull: "replies were not read"
    case .noSource: "no pool can serve this connection now"
    case .moved: "please reconnect"
    case .shutdown: "the proxy is shutting down, please reconnect"
    case .tooManyConnections: "the proxy is at its limit of connections"
    case .banned: "banned"
    case .misconduct: "too much that breaks the rules"
    case .tooManyFromAddress: "as many connections from this address as are allowed"
    case .tooFast: "too many new connections from this address or network, try again in a minute"
    case .tooManyNewcomers: "too many connections that are not authorized yet, try again in a minute"
    case .noShareInTime: "no share was accepted for too long"
    case .madeRoom: "the proxy is full, and nothing was mined here yet"
    case .needsTLS: "only TLS is taken here, write stratum+ssl:// in place of stratum+tcp://"
    case .noTLSHere: "TLS is not spoken here, write stratum+tcp://"
    case .unexpectedProxyHeader: "a PROXY header is taken only from addresses in listen.proxy_protocol.from"
    }
  }
}
