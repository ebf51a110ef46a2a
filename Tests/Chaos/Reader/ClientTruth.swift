import Stratum
import TestSupport

/// What the miners of a run did and were told, in their own words.
public struct ClientTruth: Sendable {
  public struct Share: Sendable {
    public var hash: String
    /// ACCOUNT.WORKER.
    public var user: String
    /// Of its job: `nil` is the local pool.
    public var pool: String?
    /// Expected hashes of the difficulty under which its job came.
    public var work: UInt128
    /// Its hash meets what its job says the network asks.
    public var isBlock: Bool
    public var reply: MinerRecord.Share.Reply
    public var hashNumber: Hash256?

    public init(
      hash: String, user: String, pool: String? = nil, work: UInt128, isBlock: Bool = false,
      reply: MinerRecord.Share.Reply
    ) {
      self.hash = hash
      self.user = user
      self.pool = pool
      self.work = work
      self.isBlock = isBlock
      self.reply = reply
      hashNumber = Hash256(displayHex: hash)
    }
  }

  public var shares: [Share]
  /// Lines that no miner understands.
  public var oddities: [String] = []

  public init(shares: [Share]) { self.shares = shares }

  /// - Parameter pools: names that upstream pools write into their coinbases.
  init(_ miners: [TestMiner], pools: [String]) {
    shares = []
    let tags = pools.map { ($0, Array("/\($0)/".utf8)) }
    for miner in miners {
      let record = miner.record
      oddities += record.oddities.map { "\(miner.options.user): \($0)" }
      let places = record.jobs.map { job in tags.first { job.coinbaseContains($0.1) }?.0 }
      for share in record.shares {
        let job = record.jobs[share.job]
        let target = Difficulty(clamping: job.difficulty).target(for: miner.options.algorithm)
        let network = try? Target(nBits: job.nBits)
        shares.append(
          Share(
            hash: share.hash, user: miner.options.user, pool: places[share.job],
            work: ShareWork(of: target).hashes,
            isBlock: Hash256(displayHex: share.hash).map { network?.isMet(by: $0) ?? false } ?? false,
            reply: share.reply))
      }
    }
  }

  var accepted: [Share] { shares.filter { $0.reply == .accepted } }
}
