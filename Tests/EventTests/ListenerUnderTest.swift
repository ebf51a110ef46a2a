import NIOCore
import NIOEmbedded
import NIOWebSocket
import Stratum
import TestSupport

@testable import API

/// One WebSocket on a loop that tests turn, as the server makes it after a handshake.
final class ListenerUnderTest {
  let channel: EmbeddedChannel
  private var received: [UInt8] = []

  struct Frame: Equatable {
    let opcode: UInt8
    let payload: [UInt8]

    /// Of a close frame.
    var code: Int? { payload.count < 2 ? nil : Int(payload[0]) << 8 | Int(payload[1]) }
    var reason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
    var text: String { String(decoding: payload, as: UTF8.self) }
  }

  init(
    _ bus: EventBus, _ format: EventFormat = .own, _ subscription: EventSubscription = EventSubscription(),
    options: WebSocketOptions = WebSocketOptions(), on loop: EmbeddedEventLoop = EmbeddedEventLoop()
  ) throws {
    channel = EmbeddedChannel(loop: loop)
    try channel.pipeline.syncOperations.addHandlers([
      WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: options.messageBytes)),
      FrameCheck(), HTTPWithWebSockets.aggregator(options),
      WebSocketHandler(format, subscription, bus: bus, options: options),
    ])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    run()
  }

  var isClosed: Bool { !channel.isActive }

  /// Long enough for all pieces of what waits.
  func run() { for _ in 0..<8 { channel.embeddedEventLoop.advanceTime(by: EventAudience.pause) } }

  func wait(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

  /// Frames written since the last look.
  func frames() throws -> [Frame] {
    run()
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { received += buffer.readableBytesView }
    var frames: [Frame] = []
    while received.count >= 2 {
      var (length, header) = (Int(received[1] & 0x7f), 2)
      if length == 126, received.count >= 4 { (length, header) = (Int(received[2]) << 8 | Int(received[3]), 4) }
      guard received.count >= header + length else { break }
      frames.append(Frame(opcode: received[0] & 0x0f, payload: Array(received[header..<header + length])))
      received.removeFirst(header + length)
    }
    return frames
  }

  func messages() throws -> [JSON] { try frames().filter { $0.opcode == 1 }.compactMap { JSON($0.payload) } }

  /// A frame as a client writes it, or as it must not.
  func send(
    opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
  ) throws {
    var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved | opcode]
    let mask: UInt8 = isMasked ? 0x80 : 0
    if payload.count < 126 {
      bytes.append(mask | UInt8(payload.count))
    } else {
      bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    }
    let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    if isMasked { bytes += key }
    bytes += isMasked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload
    try send(bytes)
  }

  func send(_ text: String) throws { try send(opcode: 1, Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    _ = try channel.writeInbound(ByteBuffer(bytes: bytes))
    run()
  }
}
