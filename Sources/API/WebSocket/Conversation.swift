import FoundationEssentials
import Stratum

/// What is said with one listener besides events, in the words of its format.
struct Conversation {
  /// What a message from the listener leads to.
  struct Answer: Equatable {
    var text: [String: MessageValue]?
    /// Said as it is, where the answer is no JSON.
    var plain: String?
    var subscription: EventSubscription?
  }

  let format: EventFormat
  /// Of ZION's clients; `nil`: all, as long as nothing was subscribed.
  private var channels: Set<String>?

  init(format: EventFormat) { self.format = format }

  func greeting(last: UInt64, at milliseconds: UInt64) -> [String: MessageValue] {
    switch format {
    case .own: OwnMessages.hello(last: last)
    case .miningcore: MiningcoreMessages.greeting
    case .zion:
      [
        "type": .string("connected"), "timestamp": ZionMessages.timestamp(milliseconds),
        "message": .string("Connected to ZION proxy events"),
      ]
    }
  }

  mutating func received(_ text: String, at milliseconds: UInt64) -> Answer {
    switch format {
    case .own: own(text)
    case .miningcore: Answer()
    case .zion: zion(text, at: milliseconds)
    }
  }

  // MARK: /api/events

  private struct Request: Decodable {
    struct Subscribe: Decodable {
      var types: [String]?
      var pools: [String]?
      var addresses: [String]?
      var since: UInt64?
    }

    var subscribe: Subscribe?
    var ping: Bool?
  }

  private static let grammar = """
    write {"subscribe": {"types": ["TYPE"], "pools": ["POOL"], "addresses": ["ADDRESS"], "since": SEQ}}, each of them \
    optional, or {"ping": true}
    """

  private func own(_ text: String) -> Answer {
    guard let request = try? JSONDecoder().decode(Request.self, from: Data(text.utf8)) else {
      return Answer(text: OwnMessages.error("this is no request; \(Self.grammar)"))
    }
    guard let wanted = request.subscribe else {
      return Answer(text: request.ping == nil ? OwnMessages.error(Self.grammar) : OwnMessages.pong)
    }
    do throws(EventFilter.Invalid) {
      let filter = try EventFilter(
        types: wanted.types ?? [], pools: wanted.pools ?? [], addresses: wanted.addresses ?? [])
      return Answer(subscription: EventSubscription(filter: filter, since: wanted.since))
    } catch {
      return Answer(text: OwnMessages.error(error.message))
    }
  }

  // MARK: /ws

  private struct ZionRequest: Decodable {
    var type: String
    var channels: [String]?
  }

  private mutating func zion(_ text: String, at milliseconds: UInt64) -> Answer {
    if text == "ping" { return Answer(plain: "pong") }
    func answer(_ type: String, _ more: [String: MessageValue] = [:]) -> [String: MessageValue] {
      ["type": .string(type), "timestamp": ZionMessages.timestamp(milliseconds)].adding(more)
    }
    let known = ZionMessages.channels
    guard let request = try? JSONDecoder().decode(ZionRequest.self, from: Data(text.utf8)) else {
      return Answer(text: answer("error", ["message": .string(#"write {"type": "subscribe", "channels": ["NAME"]}"#)]))
    }
    let asked = Set((request.channels ?? []).prefix(EventFilter.poolLimit))
    switch request.type {
    case "ping": return Answer(text: answer("pong"))
    case "subscribe": channels = (channels ?? []).union(asked.filter { known[$0] != nil })
    case "unsubscribe": channels = (channels ?? Set(ZionMessages.types.map(\.rawValue))).subtracting(names(asked))
    default:
      return Answer(text: answer("error", ["message": .string("there are subscribe, unsubscribe and ping")]))
    }
    let unknown = asked.filter { known[$0] == nil }.map { String($0.prefix(64)) }.sorted()
    let types = (channels ?? []).reduce(into: Set<EventType>()) { $0.formUnion(known[$1] ?? []) }
    return Answer(
      text: answer(
        request.type == "subscribe" ? "subscribed" : "unsubscribed",
        [
          "channels": .array((channels ?? []).sorted().map(MessageValue.string)),
          "unknown": .array(unknown.map(MessageValue.string)),
        ]), subscription: EventSubscription(filter: EventFilter(types: types)))
  }

  /// Every channel that carries nothing but what these carry.
  private func names(_ asked: Set<String>) -> Set<String> {
    let types = asked.reduce(into: Set<EventType>()) { $0.formUnion(ZionMessages.channels[$1] ?? []) }
    return Set(ZionMessages.channels.filter { !$0.value.isDisjoint(with: types) }.keys)
  }
}
