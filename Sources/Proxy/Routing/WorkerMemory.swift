import NIOConcurrencyHelpers
import Stratum

/// What vardiff found out about a worker, kept across reconnects for a day. Shared by all shards.
public final class WorkerMemory: Sendable {
  static let keptSeconds = 24.0 * 3600
  /// At the limit the oldest tenth is forgotten: those workers start over.
  static let limit = 100_000

  private let known = NIOLockedValueBox<[String: (difficulty: Difficulty, at: MonotonicTime)]>([:])

  public init() {}

  func difficulty(of user: String, algorithm: Algorithm, at now: MonotonicTime) -> Difficulty? {
    known.withLockedValue { known in
      guard let entry = known[Self.key(user, algorithm)], now.seconds(since: entry.at) < Self.keptSeconds else {
        return nil
      }
      return entry.difficulty
    }
  }

  func remember(_ difficulty: Difficulty, of user: String, algorithm: Algorithm, at now: MonotonicTime) {
    known.withLockedValue { known in
      if known.count >= Self.limit {
        let oldest = known.sorted { $0.value.at < $1.value.at }.prefix(Self.limit / 10)
        for entry in oldest { known.removeValue(forKey: entry.key) }
      }
      known[Self.key(user, algorithm)] = (difficulty, now)
    }
  }

  private static func key(_ user: String, _ algorithm: Algorithm) -> String { "\(algorithm.rawValue) \(user)" }
}
