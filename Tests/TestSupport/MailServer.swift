import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A mail server that takes everything, in the clear, and keeps it.
public final class MailServer: Sendable {
  public struct Mail: Sendable, Equatable {
    public var from = ""
    public var to: [String] = []
    /// Headers and body, by lines.
    public var lines: [String] = []
  }

  public let port: Int
  private let mails: NIOLockedValueBox<[Mail]>
  private let channel: any Channel

  /// - Parameter refusal: what it says to every sender instead of taking the mail.
  public init(refusal: String? = nil, on group: any EventLoopGroup) async throws {
    let mails = NIOLockedValueBox<[Mail]>([])
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            LineHandler(), Conversation(refusal: refusal) { mail in mails.withLockedValue { $0.append(mail) } },
          ])
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.mails = mails
    port = channel.localAddress?.port ?? 0
  }

  public var received: [Mail] { mails.withLockedValue { $0 } }

  public func stop() async throws { try await channel.close() }

  private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = String
    typealias OutboundOut = ByteBuffer

    private let refusal: String?
    private let keep: @Sendable (Mail) -> Void
    private var mail = Mail()
    private var isInText = false

    init(refusal: String?, keep: @escaping @Sendable (Mail) -> Void) {
      self.refusal = refusal
      self.keep = keep
    }

    func channelActive(context: ChannelHandlerContext) { say("220 test", context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let line = String(unwrapInboundIn(data).filter { $0 != "\r" && $0 != "\r\n" })
      guard !isInText else { return text(line, context) }
      switch line.prefix(4).uppercased() {
      case "EHLO", "HELO": say("250 test", context)
      case "MAIL":
        mail = Mail(from: line)
        say(refusal ?? "250 ok", context)
      case "RCPT":
        mail.to.append(line)
        say("250 ok", context)
      case "DATA":
        isInText = true
        say("354 go on", context)
      case "QUIT":
        say("221 bye", context)
        context.close(promise: nil)
      default: say("500 what?", context)
      }
    }

    private func text(_ line: String, _ context: ChannelHandlerContext) {
      guard line == "." else { return mail.lines.append(line) }
      isInText = false
      keep(mail)
      say("250 taken", context)
    }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }
  }
}
