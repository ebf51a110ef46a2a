import Encryption
import NIOConcurrencyHelpers
import Orchestrator
import Stratum

/// How connections begin, the same in all shards.
public struct DoorSettings: Sendable {
  /// `nil`: plain stratum only.
  public var tls: ServerTLS?
  /// Plain connections are told so and closed.
  public var requiresTLS: Bool
  /// Connections from here begin with a PROXY header; those from elsewhere never do.
  public var proxies: [NetworkRange]
  let notices = SharedNotices()

  public init(tls: ServerTLS? = nil, requiresTLS: Bool = false, proxies: [NetworkRange] = []) {
    self.tls = tls
    self.requiresTLS = requiresTLS
    self.proxies = proxies
  }

  /// - Parameter address: as a socket has it.
  func isProxy(_ address: String?) -> Bool {
    guard !proxies.isEmpty, let address else { return false }
    return proxies.contains { $0.contains(address) }
  }
}

/// What an operator is told of once an hour about each network (/24, /64), however often it happens.
struct Notices {
  enum Kind: Hashable, Sendable { case missingHeader, unexpectedHeader, plainMiner }

  private struct Key: Hashable {
    let kind: Kind
    let network: NetworkRange?
  }

  static let seconds = 3600.0
  /// Beyond so many networks in an hour nothing more is told.
  static let limit = 1000

  private var told: [Key: MonotonicTime] = [:]

  /// Counts as told when it is.
  mutating func isNews(_ kind: Kind, about address: String, at now: MonotonicTime) -> Bool {
    let key = Key(kind: kind, network: NetworkAddress(ofSocket: address)?.network)
    if let last = told[key], now.seconds(since: last) < Self.seconds { return false }
    if told.count >= Self.limit {
      told = told.filter { now.seconds(since: $0.value) < Self.seconds }
      guard told.count < Self.limit else { return false }
    }
    told[key] = now
    return true
  }
}

/// The same for all event loops.
final class SharedNotices: Sendable {
  private let notices = NIOLockedValueBox(Notices())

  func isNews(_ kind: Notices.Kind, about address: String, at now: MonotonicTime) -> Bool {
    notices.withLockedValue { $0.isNews(kind, about: address, at: now) }
  }
}
