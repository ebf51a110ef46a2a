import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A WebSocket that keeps every message, or one that reads nothing until it is told to.
public final class WebSocketClient: Sendable {
  public struct Refused: Error, CustomStringConvertible {
    public let description: String
  }

  private struct Book {
    var head = ""
    var isOpen = false
    var messages: [JSON] = []
    var closeCode: Int?
    var closeReason = ""
  }

  private let channel: any Channel
  private let book: NIOLockedValueBox<Book>

  /// Returns when the handshake is answered.
  /// - Throws: `Refused` with the whole answer when there is no WebSocket.
  public init(
    port: Int, path: String, headers: [String: String] = [:], readsNothing: Bool = false, tls: TestTLS? = nil,
    on group: any EventLoopGroup
  ) async throws {
    let book = NIOLockedValueBox(Book())
    self.book = book
    channel = try await ClientBootstrap(group: group)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_rcvbuf), value: readsNothing ? 4096 : 1 << 20)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
          try channel.pipeline.syncOperations.addHandler(Reader(book, readsNothing: readsNothing))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    let more = headers.map { "\($0): \($1)\r\n" }.joined()
    let request =
      "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(more)\r\n"
    try await channel.writeAndFlush(ByteBuffer(string: request))
    try await eventually("an answer to the handshake") { [channel] in
      book.withLockedValue { $0.isOpen } || !channel.isActive
    }
    guard book.withLockedValue({ $0.isOpen }) else {
      throw Refused(description: book.withLockedValue { $0.head })
    }
  }

  deinit { channel.close(promise: nil) }

  public var messages: [JSON] { book.withLockedValue { $0.messages } }
  /// Of the close frame that came.
  public var closeCode: Int? { book.withLockedValue { $0.closeCode } }
  public var closeReason: String { book.withLockedValue { $0.closeReason } }
  public var isClosed: Bool { !channel.isActive }

  public func send(_ text: String) {
    let payload = Array(text.utf8)
    let length: [UInt8] =
      payload.count < 126
      ? [0x80 | UInt8(payload.count)] : [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    let key: [UInt8] = [1, 2, 3, 4]
    let masked = payload.enumerated().map { $1 ^ key[$0 % 4] }
    channel.writeAndFlush(ByteBuffer(bytes: [0x81] + length + key + masked), promise: nil)
  }

  /// Reads what has come in the meantime, and goes on reading.
  public func beginReading() {
    channel.setOption(.autoRead, value: true).whenFailure { _ in }
    channel.read()
  }

  public func close() async throws { try await channel.close() }

  private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let book: NIOLockedValueBox<Book>
    private let readsNothing: Bool
    private var buffer = ByteBuffer()

    init(_ book: NIOLockedValueBox<Book>, readsNothing: Bool) {
      self.book = book
      self.readsNothing = readsNothing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      buffer.writeBuffer(&bytes)
      if !book.withLockedValue({ $0.isOpen }) { readHead(context) }
      if book.withLockedValue({ $0.isOpen }) { readFrames(context) }
      buffer.discardReadBytes()
    }

    private func readHead(_ context: ChannelHandlerContext) {
      let text = String(buffer: buffer)
      guard let end = text.firstRange(of: "\r\n\r\n"), text.hasPrefix("HTTP/1.1 101") else {
        return book.withLockedValue { $0.head = text }
      }
      buffer.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
      if readsNothing { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
      book.withLockedValue { book in
        book.head = String(text[..<end.upperBound])
        book.isOpen = true
      }
    }

    private func readFrames(_ context: ChannelHandlerContext) {
      while let (opcode, payload) = nextFrame() {
        switch opcode {
        case 1: if let message = JSON(payload) { book.withLockedValue { $0.messages.append(message) } }
        case 8:
          book.withLockedValue { book in
            book.closeCode = payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
            book.closeReason = String(decoding: payload.dropFirst(2), as: UTF8.self)
          }
          context.close(promise: nil)
        case 9:
          let key: [UInt8] = [0, 0, 0, 0]
          let pong = ByteBuffer(bytes: [0x8a, 0x80 | UInt8(payload.count)] + key + payload)
          context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        default: break
        }
      }
    }

    private func nextFrame() -> (UInt8, [UInt8])? {
      let start = buffer.readerIndex
      guard let first: UInt8 = buffer.getInteger(at: start), let short: UInt8 = buffer.getInteger(at: start + 1) else {
        return nil
      }
      var (length, header) = (Int(short), 2)
      if short == 126 {
        guard let long: UInt16 = buffer.getInteger(at: start + 2) else { return nil }
        (length, header) = (Int(long), 4)
      } else if short == 127 {
        guard let long: UInt64 = buffer.getInteger(at: start + 2) else { return nil }
        (length, header) = (Int(long), 10)
      }
      guard let payload = buffer.getBytes(at: start + header, length: length) else { return nil }
      buffer.moveReaderIndex(forwardBy: header + length)
      return (first & 0x0f, payload)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
