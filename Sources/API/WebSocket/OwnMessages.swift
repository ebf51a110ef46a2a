import FoundationEssentials
import Stratum

/// What `/api/events` says besides events.
enum OwnMessages {
  /// First of all: where the stream is.
  static func hello(last: UInt64) -> [String: MessageValue] {
    ["type": .string("hello"), "seq": .integer(Int64(clamping: last))]
  }

  /// Of the events with these numbers some are gone. What is left of them follows.
  static func gap(from: UInt64, to: UInt64) -> [String: MessageValue] {
    ["type": .string("gap"), "from": .integer(Int64(clamping: from)), "to": .integer(Int64(clamping: to))]
  }

  static func subscribed(_ filter: EventFilter, after cursor: UInt64) -> [String: MessageValue] {
    func list(_ names: [String]) -> MessageValue { .array(names.map(MessageValue.string)) }
    return [
      "type": .string("subscribed"), "seq": .integer(Int64(clamping: cursor)),
      "types": filter.types.map { list($0.map(\.rawValue).sorted()) } ?? list(["all"]),
      "pools": list(filter.pools), "addresses": .integer(Int64(filter.addresses.count)),
    ]
  }

  static func error(_ message: String) -> [String: MessageValue] {
    ["type": .string("error"), "message": .string(message)]
  }

  static let pong: [String: MessageValue] = ["type": .string("pong")]
}

/// Which events, and from where.
struct EventSubscription: Equatable, Sendable {
  var filter = EventFilter.everything
  /// The number after which it begins; `nil`: with the next event.
  var since: UInt64?
}

extension EventSubscription {
  /// From a query such as `types=payment,block_found&pool=zion&address=A&since=12`; a name may come several times.
  init(query: [(name: String, value: String)]) throws(EventFilter.Invalid) {
    var lists: [String: [String]] = [:]
    for (name, value) in query {
      switch name {
      case "since":
        guard let number = UInt64(value) else {
          throw EventFilter.Invalid(message: "since is the number (seq) of the last event that you have")
        }
        since = number
      case "type", "types": lists["types", default: []] += Self.names(in: value)
      case "pool", "pools": lists["pools", default: []] += Self.names(in: value)
      case "address", "addresses": lists["addresses", default: []] += Self.names(in: value)
      default:
        throw EventFilter.Invalid(
          message: "“\(name.prefix(64))” is not known; there are types, pool, address and since")
      }
    }
    filter = try EventFilter(
      types: lists["types"] ?? [], pools: lists["pools"] ?? [], addresses: lists["addresses"] ?? [])
  }

  private static func names(in value: String) -> [String] {
    value.split(separator: ",", maxSplits: EventFilter.addressLimit + 1).map(String.init)
  }
}
