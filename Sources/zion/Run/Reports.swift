import API
import Logging
import Pool
import Stratum

extension MinerReport {
  /// What the store knows of each worker since ever; the newest of the account's blocks come with it.
  init(account: String, _ workers: [PoolFigures.Piece], blocks: [BlockReport]) {
    self.init(
      account: account, work: workers.reduce(.zero) { $0 + $1.work }, shares: workers.reduce(0) { $0 + $1.shares },
      workers: workers.map { worker in
        WorkerReport(worker: worker.worker, work: worker.work, shares: worker.shares, lastShare: worker.lastShare)
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
