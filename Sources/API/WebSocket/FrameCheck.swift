import NIOCore
import NIOWebSocket

/// A client's frames are masked and use no reserved bit. NIO's decoder checks neither.
///
/// Source: RFC 6455 §5.1 and §5.2.
final class FrameCheck: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame

  struct Violation: Error {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    if frame.maskKey == nil || frame.rsv1 || frame.rsv2 || frame.rsv3 {
      context.fireErrorCaught(Violation())
    } else {
      context.fireChannelRead(data)
    }
  }
}
