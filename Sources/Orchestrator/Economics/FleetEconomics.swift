import Stratum

/// Values the newest job of each source, once a job, and puts what it is worth into snapshots.
public struct FleetEconomics: Sendable {
  private let pools: [String: PoolTerms]
  private var values: [String: Valued] = [:]
  private var payees = PayeeWatch()

  private struct Valued: Sendable {
    var sample: JobSample
    var result: Result<JobValue, JobValue.Trouble>
  }

  /// - Parameter pools: by the operator's name of the pool.
  public init(pools: [String: PoolTerms]) { self.pools = pools }

  /// Values jobs that were not seen before, and looks at whom they pay. Cost: two passes over one coinbase for each.
  public mutating func observe(_ sources: [SourceSnapshot], at now: MonotonicTime) {
    for source in sources {
      guard let sample = source.observed.newestJob, values[source.name]?.sample != sample else { continue }
      if source.kind == .upstream { payees.observe(source.name, sample, at: now) }
      let terms = pools[source.pool] ?? PoolTerms()
      do throws(JobValue.Trouble) {
        let value = try JobValue(sample, terms: terms.reward, fee: terms.traits.fee)
        values[source.name] = Valued(sample: sample, result: .success(value))
      } catch {
        values[source.name] = Valued(sample: sample, result: .failure(error))
      }
    }
  }

  /// The coin that a source pays in, as the operator calls it.
  public func coin(of source: SourceSnapshot) -> String? { pools[source.pool]?.traits.coin }

  /// Sets traits, economics and what is known of the payee.
  public func fill(_ source: inout SourceSnapshot, prices: PriceBook, at now: MonotonicTime) {
    let terms = pools[source.pool] ?? PoolTerms()
    source.traits = terms.traits
    source.payeeChangeCount = payees.changeCount(of: source.name)
    source.payeeChange = payees.change(of: source.name, at: now)
    guard let valued = values[source.name] else { return }
    switch valued.result {
    case .success(let value):
      // A template of our own node is as good as new until there is another.
      let isCurrent = source.kind == .local && source.isReady
      let jobAge = isCurrent ? 0 : source.jobAgeSeconds ?? now.seconds(since: valued.sample.at)
      source.economics = Self.economics(value, terms, prices: prices, jobAge: jobAge, at: now)
    case .failure(let trouble): source.economicsTrouble = trouble.description
    }
  }

  private static func economics(
    _ value: JobValue, _ terms: PoolTerms, prices: PriceBook, jobAge: Double, at now: MonotonicTime
  ) -> SourceEconomics {
    var result = SourceEconomics(
      coin: terms.traits.coin, blockReward: value.blockReward, hashesPerBlock: value.hashesPerBlock,
      coinsPerHash: value.coinsPerHash, ageSeconds: jobAge, confidence: confidence(jobAge: jobAge))
    result.blockIntervalSeconds = terms.reward.blockIntervalSeconds
    guard let coin = terms.traits.coin else {
      result.trouble = "this pool has no coin, so that nothing is known of its price; set coin"
      return result
    }
    let price = prices.report(on: coin, at: now)
    guard let worth = price.price else {
      result.trouble = price.trouble
      return result
    }
    result.currencyPerHash = value.coinsPerHash * worth
    result.ageSeconds = max(jobAge, price.ageSeconds ?? 0)
    result.confidence *= price.confidence
    return result
  }

  /// Full for ten minutes, as pools send jobs every minute or so; a half after each hour more.
  static func confidence(jobAge: Double) -> Double {
    var (confidence, left) = (1.0, max(0, jobAge - 600))
    while left >= 3_600, confidence > 1e-6 {
      confidence /= 2
      left -= 3_600
    }
    return confidence * (1 - min(left, 3_600) / 7_200)
  }
}
