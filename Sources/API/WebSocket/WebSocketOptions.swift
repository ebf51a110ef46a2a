/// Limits of those who listen to events, and what happens at each.
public struct WebSocketOptions: Sendable, Equatable {
  /// Open WebSockets; the next handshake is answered 503.
  public var listeners = 5_000
  /// Bytes that may wait in this process for one listener to read them; above, it is closed with 1013.
  public var outboxBytes = 1 << 20
  /// The same in the kernel, which keeps twice this at most.
  public var kernelBytes = 64 << 10
  /// Bytes of one message from a listener, all its fragments together; above, it is closed with 1009.
  public var messageBytes = 16 << 10
  /// Frames from a listener, in one go and on average; above, it is closed with 1008.
  public var messageBurst = 50.0
  public var messagesPerSecond = 10.0
  /// Between two pings. A listener from which nothing came since the last one is closed.
  public var pingSeconds = 20.0
  /// Time that a listener has to answer a close, or to read what was sent before it.
  public var closeSeconds = 2.0
  public var slowCloseSeconds = 10.0
  /// Origins whose pages may listen, such as `https://pool.example`; `*` stands for all. A page that was served from
  /// the address that it asks always may, and so may programs, which send no origin.
  public var origins: Set<String> = []

  public init() {}
}
