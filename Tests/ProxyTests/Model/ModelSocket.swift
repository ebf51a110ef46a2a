import NIOCore
import NIOEmbedded

@testable import Proxy

/// A miner's end of a connection to a shard: what it sends arrives at once, and what it gets stays together as it was
/// flushed.
final class ModelSocket {
  private let channel: EmbeddedChannel
  private let wire: Wire
  private var readFlushes = 0

  init(_ connection: MinerConnection, loop: EmbeddedEventLoop, address: String) {
    wire = Wire()
    channel = EmbeddedChannel(handlers: [wire, connection], loop: loop)
    if let remote = try? SocketAddress(ipAddress: address, port: 1) {
      channel.remoteAddress = remote
      channel.connect(to: remote, promise: nil)
    }
  }

  var isOpen: Bool { channel.isActive }

  /// How often reading was asked for, after it had been stopped.
  var resumeCount: Int { wire.resumeCount }
  /// The shard reads nothing more from here for now.
  var isPaused: Bool {
    channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }.map { $0.value as? Bool == false }
      ?? false
  }

  /// Lines that arrive in one read.
  func send(_ lines: String...) {
    send(bytes: lines.map { $0 + "\n" }.joined())
  }

  /// What arrives in one read, whether a line ends in it or not.
  func send(bytes: String) {
    do {
      try channel.writeInbound(ByteBuffer(string: bytes))
    } catch {
      wire.flushes.append("error \(error)\n")
    }
  }

  func close() { channel.close(promise: nil) }

  /// The lines that came since the last call, of each flush.
  func read() -> [[Substring]] {
    defer { readFlushes = wire.flushes.count }
    return wire.flushes[readFlushes...].map { $0.split(separator: "\n") }
  }

  private final class Wire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var flushes: [String] = []
    private(set) var resumeCount = 0
    private var written = ""

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      written += String(buffer: unwrapOutboundIn(data))
      promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) {
      if !written.isEmpty { flushes.append(written) }
      written = ""
    }

    func read(context: ChannelHandlerContext) {
      resumeCount += 1
      context.read()
    }
  }
}

/// Something that talks to a shard, and takes in what was sent to it when the farm says so.
protocol ModelClient: AnyObject {
  func read()
}
