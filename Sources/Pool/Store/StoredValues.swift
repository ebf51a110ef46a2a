import Foundation
import GRDB
import Stratum

extension ShareWork {
  /// 16 bytes, most significant first.
  var data: Data { Data((0..<16).map { UInt8(truncatingIfNeeded: hashes >> UInt128(120 - 8 * $0)) }) }

  init(data: Data) { self.init(hashes: data.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }) }
}

extension AlgorithmTotals {
  /// `nil` when this version does not know the algorithm.
  init?(row: Row, recent: ShareWork, window: HashrateWindow) {
    guard let algorithm = Algorithm(rawValue: row["algorithm"]) else { return nil }
    let first = UInt64(clamping: row["first_share"] as Int64)
    self.init(
      algorithm: algorithm, shares: row["shares"], work: ShareWork(data: row["work"]),
      lastShare: UInt64(clamping: row["last_share"] as Int64), hashrate: window.rate(of: recent, since: first))
  }
}

extension BlockState {
  /// The node's words; empty where there are none.
  var reason: String { if case .rejected(let reason) = self { reason } else { "" } }

  var confirmations: UInt32 { if case .immature(let confirmations) = self { confirmations } else { 0 } }

  init?(label: String, reason: String, confirmations: UInt32) {
    let all: [BlockState] = [
      .found, .submitted, .rejected(reason: reason), .immature(confirmations: confirmations), .mature, .orphaned,
    ]
    guard let state = all.first(where: { $0.label == label }) else { return nil }
    self = state
  }
}

extension BlockRecord {
  /// `nil` when this version does not know the algorithm or state.
  init?(row: Row) {
    guard let hash = Hash256(bytes: row["hash"] as Data), let algorithm = Algorithm(rawValue: row["algorithm"]),
      let state = BlockState(label: row["status"], reason: row["reason"], confirmations: row["confirmations"])
    else { return nil }
    self.init(
      hash: hash, height: row["height"], finder: MinerIdentity(account: row["account"], worker: row["worker"]),
      algorithm: algorithm, networkWork: ShareWork(data: row["network_work"]), reward: AtomicUnits(row["reward"]),
      state: state, foundAt: UnixTime(seconds: row["found_at"]), updatedAt: UnixTime(seconds: row["updated_at"]))
  }
}
