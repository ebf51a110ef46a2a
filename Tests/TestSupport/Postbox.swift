import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A web server that takes every POST, and keeps it.
public final class Postbox: Sendable {
  public struct Letter: Sendable {
    /// By name in lower case.
    public var headers: [String: String]
    public var body: String
  }

  public let port: Int
  private let letters: NIOLockedValueBox<[Letter]>
  private let channel: any Channel

  /// - Parameter status: what it answers.
  public init(status: Int = 204, on group: any EventLoopGroup) async throws {
    let letters = NIOLockedValueBox<[Letter]>([])
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Connection(status: status) { letter in letters.withLockedValue { $0.append(letter) } })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.letters = letters
    port = channel.localAddress?.port ?? 0
  }

  public var received: [Letter] { letters.withLockedValue { $0 } }
  public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
  public func stop() async throws { try await channel.close() }

  private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let status: Int
    private let keep: @Sendable (Letter) -> Void
    private var text = ""

    init(status: Int, keep: @escaping @Sendable (Letter) -> Void) {
      self.status = status
      self.keep = keep
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      guard let end = text.firstRange(of: "\r\n\r\n") else { return }
      let headers = Dictionary(
        text[..<end.lowerBound].split(separator: "\r\n").dropFirst().compactMap { line -> (String, String)? in
          guard let colon = line.firstIndex(of: ":") else { return nil }
          return (line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
      ) { first, _ in first }
      let body = String(text[end.upperBound...])
      guard body.utf8.count >= headers["content-length"].flatMap(Int.init) ?? 0 else { return }
      keep(Letter(headers: headers, body: body))
      let answer = "HTTP/1.1 \(status) Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
