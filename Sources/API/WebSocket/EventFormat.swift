import FoundationEssentials
import NIOCore
import Stratum

/// How events are written for three kinds of clients.
enum EventFormat: Int, Sendable, CaseIterable {
  /// `/api/events`
  case own
  /// `/notifications`, as Miningcore writes them.
  case miningcore
  /// `/ws`, as the ZION pool writes them.
  case zion

  init?(path: String) {
    guard let format = Self.allCases.first(where: { $0.path == path }) else { return nil }
    self = format
  }

  var path: String {
    switch self {
    case .own: "/api/events"
    case .miningcore: "/notifications"
    case .zion: "/ws"
    }
  }

  /// `nil`: clients of this kind do not know such an event.
  func message(_ event: Event) -> Message? {
    switch self {
    case .own: .event(event)
    case .miningcore: MiningcoreMessages.message(event).map(Message.fields)
    case .zion: ZionMessages.message(event).map(Message.fields)
    }
  }

  /// A message to a listener, before it is text.
  enum Message: Encodable {
    case event(Event)
    case fields([String: MessageValue])

    private struct Envelope: Encodable {
      let seq: UInt64
      let type: EventType
      /// Seconds since 1970, to the millisecond.
      let at: Double
      let data: EventBody
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .event(let event):
        let envelope = Envelope(
          seq: event.sequence, type: event.body.type, at: Double(event.at) / 1000, data: event.body)
        try envelope.encode(to: encoder)
      case .fields(let fields): try fields.encode(to: encoder)
      }
    }

    /// A whole WebSocket frame: the same bytes for everybody.
    var frame: ByteBuffer { TextFrame.make(json) }

    var json: Data {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // A number that JSON has no word for becomes one that it has.
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
      do {
        return try encoder.encode(self)
      } catch {
        preconditionFailure("messages are made of what JSON can write: \(error)")
      }
    }
  }
}

/// A value in a message of another pool's format.
enum MessageValue: Encodable, Equatable, Sendable {
  case null
  case string(String)
  case integer(Int64)
  case number(Double)
  case bool(Bool)
  case array([MessageValue])
  case object([String: MessageValue])

  static func text(_ text: String?) -> MessageValue { text.map(MessageValue.string) ?? .null }

  /// Coins as a JSON number: exact to fifteen digits, as other pools' clients expect it.
  static func coins(_ text: String?) -> MessageValue { text.flatMap(Double.init).map(MessageValue.number) ?? .null }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .string(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .bool(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

/// A final text frame from a server: not masked, in one piece.
///
/// Source: RFC 6455 §5.2.
enum TextFrame {
  static func make(_ payload: some Collection<UInt8>) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(payload.count + 10)
    buffer.writeInteger(UInt8(0x81))
    switch payload.count {
    case ...125: buffer.writeInteger(UInt8(payload.count))
    case ...0xffff:
      buffer.writeInteger(UInt8(126))
      buffer.writeInteger(UInt16(payload.count))
    default:
      buffer.writeInteger(UInt8(127))
      buffer.writeInteger(UInt64(payload.count))
    }
    buffer.writeBytes(payload)
    return buffer
  }
}
