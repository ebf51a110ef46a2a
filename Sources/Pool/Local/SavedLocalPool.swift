import Stratum

/// A local pool's published work between two process images. Templates of one block have most transactions in common:
/// each is kept once.
public struct SavedLocalPool: Codable, Sendable {
  let published: UInt64
  let lanes: UInt32
  private var transactions: [TemplateTransaction] = []
  private var jobs: [SavedJob] = []

  private struct SavedJob: Codable, Sendable {
    let number: UInt64
    let isClean: Bool
    let at: MonotonicTime
    /// Without its transactions.
    var template: BlockTemplate
    let transactions: [Int]
    let coinbase: CoinbaseBuilder
    let merkleBranches: [Hash256]
  }

  init(_ published: PublishedJobs, published count: UInt64, lanes: UInt32) {
    self.published = count
    self.lanes = lanes
    var places: [Hash256: Int] = [:]
    for job in published.kept {
      let indices = job.template.template.transactions.map { transaction in
        if let place = places[transaction.wtxid] { return place }
        transactions.append(transaction)
        places[transaction.wtxid] = transactions.count - 1
        return transactions.count - 1
      }
      var template = job.template.template
      template.transactions = []
      jobs.append(
        SavedJob(
          number: job.number, isClean: job.isClean, at: job.at, template: template, transactions: indices,
          coinbase: job.template.coinbase, merkleBranches: job.template.merkleBranches))
    }
  }

  func jobs(using hashes: any HashFunctions) -> PublishedJobs {
    var result = PublishedJobs()
    for job in jobs {
      var template = job.template
      template.transactions = job.transactions.compactMap { transactions.indices.contains($0) ? transactions[$0] : nil }
      let whole = JobTemplate(
        template: template, coinbase: job.coinbase, merkleBranches: job.merkleBranches, using: hashes)
      guard template.transactions.count == job.transactions.count, let native = whole.work(lane: 0) else { continue }
      _ = result.insert(
        PublishedJob(number: job.number, template: whole, isClean: job.isClean, nativeWork: native, at: job.at))
    }
    return result
  }
}

extension TemplateTransaction: Codable {
  private enum CodingKeys: CodingKey { case bytes, txid, wtxid, fee }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(HexBytes(bytes), forKey: .bytes)
    try container.encode(txid, forKey: .txid)
    try container.encode(wtxid, forKey: .wtxid)
    try container.encode(fee, forKey: .fee)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      bytes: try container.decode(HexBytes.self, forKey: .bytes).bytes,
      txid: try container.decode(Hash256.self, forKey: .txid),
      wtxid: try container.decode(Hash256.self, forKey: .wtxid),
      fee: try container.decode(AtomicUnits.self, forKey: .fee))
  }
}
