import API
import Stratum

/// One worker with all its connections.
struct WorkerLine: Codable, Equatable {
  let account: String
  let worker: String
  let algorithm: Algorithm
  /// Where it mines; more than one while its connections are apart.
  let pools: [String]
  let connections: Int
  /// Hashes per second.
  var hashrate: Double
  let accepted: Int
  let rejected: Int
  /// Since the newest share; `nil` before the first.
  let lastShareSeconds: Double?
  /// Of its oldest connection.
  let connectedSeconds: Double
  let userAgent: String
  /// Connected, and without a share for longer than was asked for.
  let isStale: Bool

  var hashrateText: String { Hashrate(hashrate).description }

  /// The workers of all sessions, fastest first.
  static func all(_ sessions: [SessionPage], staleAfter limit: Double) -> [WorkerLine] {
    let groups = Dictionary(grouping: sessions) { Key(account: $0.account, worker: $0.worker, algorithm: $0.algorithm) }
    return groups.map { key, sessions in
      let last = sessions.compactMap(\.lastShareSeconds).min()
      let connected = sessions.map(\.connectedSeconds).max() ?? 0
      return WorkerLine(
        account: key.account, worker: key.worker, algorithm: key.algorithm,
        pools: Set(sessions.compactMap(\.pool)).sorted(), connections: sessions.count,
        hashrate: sessions.reduce(0) { $0 + $1.hashrate }, accepted: sessions.reduce(0) { $0 + $1.accepted },
        rejected: sessions.reduce(0) { $0 + $1.rejected }, lastShareSeconds: last, connectedSeconds: connected,
        userAgent: sessions.first?.userAgent ?? "", isStale: (last ?? connected) > limit)
    }.sorted(by: WorkerOrder.hashrate.isBefore)
  }

  private struct Key: Hashable {
    let account: String
    let worker: String
    let algorithm: Algorithm
  }

  /// Whether a part of its name, its pools, its algorithm or its program is `text`, in whatever case.
  func matches(_ text: String) -> Bool {
    let wanted = text.lowercased()
    let fields = ["\(account).\(worker)", algorithm.rawValue, userAgent] + pools
    return fields.contains { $0.lowercased().contains(wanted) }
  }
}

/// By what workers are sorted.
enum WorkerOrder: String, CaseIterable, Codable {
  case hashrate, name, pool, accepted, rejected, last

  /// Largest first; names and pools by letters; whoever sent no share for the longest time first.
  func isBefore(_ one: WorkerLine, _ other: WorkerLine) -> Bool {
    let name = (one.account, one.worker) < (other.account, other.worker)
    func larger<Value: Comparable>(_ value: (WorkerLine) -> Value) -> Bool {
      value(one) == value(other) ? name : value(one) > value(other)
    }
    return switch self {
    case .hashrate: larger(\.hashrate)
    case .name: name
    case .pool:
      one.pools == other.pools ? name : one.pools.lexicographicallyPrecedes(other.pools)
    case .accepted: larger(\.accepted)
    case .rejected: larger(\.rejected)
    case .last: larger { $0.lastShareSeconds ?? .infinity }
    }
  }

  var next: WorkerOrder {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}
