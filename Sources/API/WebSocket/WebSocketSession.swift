import NIOCore
import NIOWebSocket
import Stratum

/// One WebSocket's protocol: which frame is answered how, and when it ends. Decides, and does nothing.
///
/// Source: RFC 6455 §5.5 and §7.
struct WebSocketSession {
  enum Action: Equatable {
    case none
    case message(String)
    case pong(ByteBuffer)
    case ping
    /// Our close frame; the peer has a while to answer it.
    case close(WebSocketErrorCode, String)
    /// The peer's code, sent back; then the connection ends.
    case echoClose(ByteBuffer)
    case hangUp
  }

  private enum State { case open, closing, closed }

  private var state = State.open
  private var hasSpoken = true
  private var messages: RateSampler
  private let perSecond: Double

  init(_ options: WebSocketOptions) {
    messages = RateSampler(perSecond: options.messagesPerSecond, burst: options.messageBurst)
    perSecond = options.messagesPerSecond
  }

  var isOpen: Bool { state == .open }

  /// A whole message or a control frame, its payload unmasked.
  mutating func received(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, at now: MonotonicTime) -> Action {
    hasSpoken = true
    if opcode == .connectionClose { return closed(by: payload) }
    guard state == .open else { return .none }
    guard messages.take(at: now) != nil else {
      return close(.policyViolation, "more than \(Int(perSecond)) frames a second")
    }
    switch opcode {
    case .text:
      guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else {
        return close(.dataInconsistentWithMessage, "text that is not UTF-8")
      }
      return .message(text)
    case .ping: return .pong(payload)
    case .pong: return .none
    case .binary: return close(.unacceptableData, "write text, not binary")
    default: return close(.protocolError, "a frame of no known kind")
    }
  }

  private mutating func closed(by payload: ByteBuffer) -> Action {
    guard state == .open else {
      state = .closed
      return .hangUp
    }
    var rest = payload
    if rest.readableBytes > 0 {
      guard let code: UInt16 = rest.readInteger(), Self.maySend(code),
        String(validating: rest.readableBytesView, as: UTF8.self) != nil
      else { return close(.protocolError, "a close that says nothing") }
    }
    state = .closed
    return .echoClose(payload.getSlice(at: payload.readerIndex, length: min(2, payload.readableBytes)) ?? ByteBuffer())
  }

  /// Source: RFC 6455 §7.4.
  private static func maySend(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Something that is no WebSocket frame, or one that is not allowed.
  mutating func failed(_ error: any Error) -> Action {
    switch error {
    case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
      NIOWebSocketFrameAggregator.Error.tooManyFragments:
      close(.messageTooLarge, "a message that is too long, or of too many pieces")
    default: close(.protocolError, "not a WebSocket frame as RFC 6455 has it")
    }
  }

  /// Time for the next ping: whoever has not said anything since the last one is gone.
  mutating func pingIsDue() -> Action {
    guard state == .open else { return .none }
    guard hasSpoken else {
      state = .closed
      return .hangUp
    }
    hasSpoken = false
    return .ping
  }

  /// "Try again later".
  static let tooSlow = WebSocketErrorCode.unknown(1013)

  mutating func isTooSlow() -> Action {
    close(Self.tooSlow, "what was sent was not read; come back with since=SEQ")
  }

  mutating func shutDown() -> Action { close(.goingAway, "the server is shutting down") }

  /// The peer will send nothing more.
  mutating func inputEnded() -> Action {
    state = .closed
    return .hangUp
  }

  private mutating func close(_ code: WebSocketErrorCode, _ reason: String) -> Action {
    guard state == .open else { return .none }
    state = .closing
    return .close(code, reason)
  }
}
