import Encryption
import NIOCore
import Orchestrator
import Stratum

/// Stands before a miner's connection until its first bytes have said what it is; then it is gone.
///
/// Behind a proxy the connection begins when its header has come: whoever judges it by its address judges the miner's.
final class MinerDoor: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: MinerConnection
  private let settings: DoorSettings
  private var first: FirstBytes
  private var deadline: Scheduled<Void>?
  private var isBehindProxy = false
  private var isDone = false

  init(_ connection: MinerConnection, _ settings: DoorSettings) {
    self.connection = connection
    self.settings = settings
    first = FirstBytes(expectsHeader: false, takesTLS: false, requiresTLS: false)
  }

  private var shard: Shard { connection.shard }

  func channelActive(context: ChannelHandlerContext) {
    let isProxy = settings.isProxy(context.remoteAddress?.ipAddress)
    first = FirstBytes(
      expectsHeader: isProxy, takesTLS: settings.tls != nil, requiresTLS: settings.requiresTLS)
    guard isProxy else { return context.fireChannelActive() }
    guard shard.headersAwaited < Limits.proxyHeadersAwaited else {
      isDone = true
      shard.turnedAway()
      return context.close(promise: nil)
    }
    shard.headersAwaited += 1
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: .milliseconds(Int64(Limits.proxyHeaderSeconds * 1000))) {
      let (door, context) = bound.value
      door.refuse(context, "it sends none within \(Int(Limits.proxyHeaderSeconds)) s")
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    stopWaiting()
    isDone = true
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    first.received(unwrapInboundIn(data))
    while !isDone {
      switch first.next() {
      case .wait:
        connection.door = .holding
        return
      case .header(let header):
        stopWaiting()
        isBehindProxy = true
        connection.declaredAddress = header.source?.description
        connection.isEncrypted = header.isEncrypted
        context.fireChannelActive()
        // The connection may have been refused by its address.
        isDone = !context.channel.isActive
      case .begin(let isEncrypted, let bytes): begin(context, isEncrypted: isEncrypted, bytes)
      case .refused(let reason):
        isDone = true
        if reason == .unexpectedProxyHeader { tellOperator(context, .unexpectedHeader, reason.sentence) }
        connection.close(reason)
      case .headerRefused(let reason): refuse(context, reason)
      }
    }
  }

  private func begin(_ context: ChannelHandlerContext, isEncrypted: Bool, _ bytes: ByteBuffer) {
    isDone = true
    if isEncrypted {
      connection.isEncrypted = true
      connection.door = .encrypted
      do {
        try settings.tls?.begin(behind: self, in: context)
      } catch {
        return context.fireErrorCaught(error)
      }
    } else if !isBehindProxy {
      connection.isEncrypted = false
    }
    if !isEncrypted { connection.door = .open }
    if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Nobody behind this has heard of the connection yet.
  private func refuse(_ context: ChannelHandlerContext, _ reason: String) {
    guard !isDone else { return }
    isDone = true
    stopWaiting()
    shard.turnedAway()
    tellOperator(
      context, .missingHeader, "this address must begin with a PROXY header (listen.proxy_protocol.from), and \(reason)"
    )
    context.close(promise: nil)
  }

  private func stopWaiting() {
    guard let waiting = deadline else { return }
    deadline = nil
    waiting.cancel()
    shard.headersAwaited -= 1
  }

  private func tellOperator(_ context: ChannelHandlerContext, _ kind: Notices.Kind, _ reason: String) {
    let address = context.remoteAddress?.ipAddress ?? ""
    guard settings.notices.isNews(kind, about: address, at: shard.now()) else { return }
    shard.logger.warning("a connection was refused", metadata: ["address": "\(address)", "reason": "\(reason)"])
  }
}
