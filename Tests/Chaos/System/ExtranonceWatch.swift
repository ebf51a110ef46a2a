import NIOConcurrencyHelpers
import Stratum
import TestSupport

/// Looks now and then whether two live miners search the same space.
final class ExtranonceWatch: Sendable {
  private let found = NIOLockedValueBox<[String]>([])

  /// How long everything between miners and server must have been in order, for both to mean the same by “live”.
  private static let quietSeconds = 3.0

  func look(at system: ChaosSystem) {
    guard let clear = system.minersWay.clearSeconds, clear > Self.quietSeconds,
      let up = system.server.upSeconds, up > Self.quietSeconds
    else { return }
    var spaces: [String: String] = [:]
    for miner in system.miners {
      let space = miner.read { record -> String? in
        guard record.isAuthorized, record.connects > record.disconnects, let job = record.jobs.last else { return nil }
        return [job.coinbase1 + job.extranonce1, job.coinbase2].map { Hex.encode($0) }.joined(separator: "…")
          + job.previousBlock
      }
      guard let space else { continue }
      if let other = spaces[space] {
        found.withLockedValue { $0.append("\(other) and \(miner.options.user) search the same space") }
      }
      spaces[space] = miner.options.user
    }
  }

  var violations: [Violation] {
    [Violation.of(.extranoncesDisjoint, "collisions", found.withLockedValue { $0 })].compactMap { $0 }
  }
}
