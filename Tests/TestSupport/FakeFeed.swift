import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server that gives what a test says to every HTTP request: prices, nonsense, or nothing.
public final class FakeFeed: Sendable {
  public enum Answer: Sendable {
    case body(String, status: Int = 200)
    /// Takes the request and says nothing.
    case hangs
    /// The head of an answer, and then one byte of a body that never ends, again and again.
    case trickles
    /// A body of so many bytes.
    case long(Int)
    case closes
  }

  public let port: Int
  private let state: NIOLockedValueBox<State>
  private let channel: any Channel

  private struct State: Sendable {
    var answer: Answer
    var requests: [String] = []
  }

  public init(_ answer: Answer, on group: any EventLoopGroup) async throws {
    let state = NIOLockedValueBox(State(answer: answer))
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Connection { path in
              state.withLockedValue {
                $0.requests.append(path)
                return $0.answer
              }
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.state = state
    port = channel.localAddress?.port ?? 0
  }

  deinit { channel.close(promise: nil) }

  public var url: String { "http://127.0.0.1:\(port)/price" }
  public var requestCount: Int { state.withLockedValue { $0.requests.count } }

  /// From the next request on.
  public func answer(_ answer: Answer) { state.withLockedValue { $0.answer = answer } }

  /// The port is closed.
  public func stop() async throws { try await channel.close() }

  private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let decide: @Sendable (String) -> Answer
    private var text = ""

    init(_ decide: @escaping @Sendable (String) -> Answer) { self.decide = decide }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      guard text.contains("\r\n\r\n") else { return }
      let words = text.split(separator: " ")
      text = ""
      switch decide(words.count > 1 ? String(words[1]) : "") {
      case .body(let body, let status): answer(context, status, body, length: body.utf8.count)
      case .long(let count): answer(context, 200, String(repeating: "1", count: count), length: count)
      case .hangs: break
      case .closes: context.close(promise: nil)
      case .trickles:
        write(context, head(200, length: 1_000_000))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
          let (connection, context) = bound.value
          guard context.channel.isActive else { return task.cancel() }
          connection.write(context, "1")
        }
      }
    }

    private func answer(_ context: ChannelHandlerContext, _ status: Int, _ body: String, length: Int) {
      write(context, head(status, length: length) + body)
      context.close(promise: nil)
    }

    private func head(_ status: Int, length: Int) -> String {
      "HTTP/1.1 \(status) Said\r\ncontent-length: \(length)\r\nconnection: close\r\n\r\n"
    }

    private func write(_ context: ChannelHandlerContext, _ text: String) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
