import NIOCore

/// Cuts a stream into lines and hands each over without its end.
final class LineHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = String

  private var rest = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var data = unwrapInboundIn(data)
    rest.writeBuffer(&data)
    while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest.readString(length: end - rest.readerIndex) ?? ""
      rest.moveReaderIndex(forwardBy: 1)
      context.fireChannelRead(wrapInboundOut(line))
    }
    rest.discardReadBytes()
  }
}
