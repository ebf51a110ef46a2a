/// Which events somebody wants to hear of.
public struct EventFilter: Sendable, Equatable {
  /// Names in one filter; longer lists are refused.
  public static let poolLimit = 64
  public static let addressLimit = 256
  /// Bytes of one name.
  public static let nameByteLimit = 128

  /// Why a filter cannot be made, in words for who wrote it.
  public struct Invalid: Error, Equatable, Sendable {
    public let message: String
    public init(message: String) { self.message = message }
  }

  /// `nil`: every type.
  public let types: Set<EventType>?
  /// Empty: whatever pool, and none.
  public let pools: [String]
  /// Empty: whoever. In lower case: hex is written in both.
  public let addresses: Set<String>

  public static let everything = EventFilter(types: nil)
  public static let nothing = EventFilter(types: [])

  /// Of types alone.
  public init(types: Set<EventType>?) {
    self.types = types
    pools = []
    addresses = []
  }

  /// From what a client wrote; an empty list is no condition.
  public init(types: [String], pools: [String], addresses: [String]) throws(Invalid) {
    guard pools.count <= Self.poolLimit else {
      throw Invalid(message: "more than \(Self.poolLimit) pools; open another connection for the rest")
    }
    guard addresses.count <= Self.addressLimit else {
      throw Invalid(message: "more than \(Self.addressLimit) addresses; open another connection for the rest")
    }
    guard (pools + addresses).allSatisfy({ (1...Self.nameByteLimit).contains($0.utf8.count) }) else {
      throw Invalid(message: "a pool or address is empty or longer than \(Self.nameByteLimit) bytes")
    }
    guard types.count <= EventType.allCases.count else {
      throw Invalid(message: "more types than there are; there are \(EventType.names)")
    }
    var known: Set<EventType> = []
    for name in types {
      guard let type = EventType(rawValue: name) else {
        throw Invalid(message: "there is no type “\(name.prefix(64))”; there are \(EventType.names)")
      }
      known.insert(type)
    }
    self.types = types.isEmpty ? nil : known
    self.pools = pools
    self.addresses = Set(addresses.map { $0.lowercased() })
  }

  /// What a filter asks of an event, computed once for all of them.
  public struct Traits: Sendable, Equatable {
    public let type: EventType
    public let pools: [String]
    /// In lower case.
    public let address: String?

    public init(_ body: EventBody) {
      type = body.type
      pools = body.pools
      address = body.address?.lowercased()
    }
  }

  /// All conditions must hold. A pool's name stands for its sources of all algorithms too: `zion` for `zion:kawpow`.
  public func matches(_ traits: Traits) -> Bool {
    if let types, !types.contains(traits.type) { return false }
    if !pools.isEmpty {
      let isMet = traits.pools.contains { named in pools.contains { Self.means($0, named) } }
      guard isMet else { return false }
    }
    guard addresses.isEmpty else { return traits.address.map(addresses.contains) ?? false }
    return true
  }

  private static func means(_ asked: String, _ named: String) -> Bool {
    guard named.utf8.count != asked.utf8.count else { return named == asked }
    return named.hasPrefix(asked) && named.utf8.dropFirst(asked.utf8.count).first == UInt8(ascii: ":")
  }

  /// Whether an event of such a kind could match.
  func wants(frequent: Bool) -> Bool { types?.contains { $0.isFrequent == frequent } ?? true }
}
