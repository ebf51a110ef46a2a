import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server that gives every GET the same answer, until it is told another: a price feed as a test wants it.
public final class FeedServer: Sendable {
  public enum Answer: Sendable {
    case body(String)
    case status(Int)
    /// Takes the question and says nothing.
    case silence
  }

  public let port: Int
  private let answer: NIOLockedValueBox<Answer>
  private let asked = NIOLockedValueBox(0)
  private let channel: any Channel

  public init(_ answer: Answer, on group: any EventLoopGroup) async throws {
    let box = NIOLockedValueBox(answer)
    let asked = asked
    self.answer = box
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(box, asked))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  deinit { channel.close(promise: nil) }

  /// Questions so far.
  public var questions: Int { asked.withLockedValue { $0 } }

  public func say(_ answer: Answer) { self.answer.withLockedValue { $0 = answer } }

  public func stop() async throws { try await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: NIOLockedValueBox<Answer>
    private let asked: NIOLockedValueBox<Int>

    init(_ answer: NIOLockedValueBox<Answer>, _ asked: NIOLockedValueBox<Int>) {
      self.answer = answer
      self.asked = asked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      asked.withLockedValue { $0 += 1 }
      switch answer.withLockedValue({ $0 }) {
      case .body(let text): write(.ok, text, context)
      case .status(let code): write(HTTPResponseStatus(statusCode: code), "", context)
      case .silence: break
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func write(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
      let headers: HTTPHeaders = ["content-length": "\(text.utf8.count)", "content-type": "application/json"]
      context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
