import API
import Logging
import Pool
import Stratum

extension MinerReport {
  /// What the store knows; the newest of the account's blocks come with it.
  init(_ summary: MinerSummary, blocks: [BlockReport]) {
    let totals = summary.totals
    self.init(
      account: summary.account, work: totals.reduce(.zero) { $0 + $1.work },
      shares: totals.reduce(0) { $0 + $1.shares },
      workers: summary.workers.map { worker in
        WorkerReport(
          worker: worker.worker, work: worker.totals.work, shares: worker.totals.shares,
          lastShare: Int64(clamping: worker.totals.lastShare / 1000))
      }, blocks: blocks)
  }
}

extension BlockReport {
  init(_ record: BlockRecord, source: String) {
    var reason: String?
    if case .rejected(let why) = record.state { reason = why }
    self.init(
      height: record.height, hash: record.hash.displayHex, algorithm: record.algorithm, source: source,
      account: record.finder.account, worker: record.finder.worker, state: record.state.label, reason: reason,
      reward: record.reward.value, foundAt: Int64(record.foundAt.seconds))
  }
}
