import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import API
@testable import Stratum

extension FuzzTarget {
  static let webSockets = [frames, messages]

  /// Bytes of a listener, after the handshake.
  private static let frames = FuzzTarget("websocket-frames", upTo: 4096) { input in
    guard let format = input.first else { return }
    let loop = EmbeddedEventLoop()
    let channel = EmbeddedChannel(loop: loop)
    let options = WebSocketOptions()
    let bus = EventBus(now: { 1_760_000_000_000 })
    try channel.pipeline.syncOperations.addHandlers([
      WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: options.messageBytes)),
      FrameCheck(), HTTPWithWebSockets.aggregator(options),
      WebSocketHandler(
        EventFormat(rawValue: Int(format % 3)) ?? .own, EventSubscription(), bus: bus, options: options),
    ])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    var start = 1
    for cut in cuts(of: input).map({ max(1, $0) }) + [input.count] where channel.isActive {
      _ = try? channel.writeInbound(ByteBuffer(bytes: input[start..<max(start, cut)]))
      start = max(start, cut)
      loop.advanceTime(by: .milliseconds(100))
    }
    var written = 0
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { written += buffer.readableBytes }
    try promise(written < 64 * input.count + 4096, "\(written) bytes are answered to \(input.count)")
    _ = try? channel.finish(acceptAlreadyClosed: true)
    loop.run()
  }

  /// Messages of a listener, a line each; the first says in which format.
  private static let messages = FuzzTarget("websocket-messages", upTo: 4096) { input in
    let lines = input.split(separator: 10)
    guard let first = lines.first,
      let format = EventFormat(path: String(decoding: first, as: UTF8.self))
    else { return }
    var conversation = Conversation(format: format)
    for line in lines.dropFirst() {
      let answer = conversation.received(String(decoding: line, as: UTF8.self), at: 1_760_000_000_000)
      if let text = answer.text { _ = EventFormat.Message.fields(text).frame }
      if let filter = answer.subscription?.filter {
        try promise(filter.addresses.count <= EventFilter.addressLimit, "\(filter.addresses.count) addresses")
        _ = filter.matches(EventFilter.Traits(.policyReloaded(PolicyEvent(policy: "p", mode: "failover", file: nil))))
      }
    }
  }
}
