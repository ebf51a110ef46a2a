import API
import Orchestrator
import Stratum

/// Keeps what is learned about the sources' money and service between two looks at the fleet.
actor EconomicsDesk {
  private var economics: FleetEconomics
  private var prices: PriceBook
  private var claims = ClaimBook()
  private var quality = QualityMeter()
  private var revenue = RevenueLog()

  init(pools: [String: PoolTerms], prices: PriceBook) {
    economics = FleetEconomics(pools: pools)
    self.prices = prices
  }

  /// Once a tick: learns from the snapshot, and completes it.
  func observe(_ snapshot: FleetSnapshot) -> FleetSnapshot {
    economics.observe(snapshot.sources, at: snapshot.at)
    quality.observe(snapshot, coins: { economics.coin(of: $0) })
    let filled = fill(snapshot)
    revenue.observe(filled.sources, at: snapshot.at)
    claims.observe(filled.sources, at: snapshot.at)
    return filled
  }

  /// Completes a snapshot by what is known.
  func fill(_ snapshot: FleetSnapshot) -> FleetSnapshot {
    var snapshot = snapshot
    for index in snapshot.sources.indices {
      let name = snapshot.sources[index].name
      economics.fill(&snapshot.sources[index], prices: prices, at: snapshot.at)
      quality.fill(&snapshot.sources[index], at: snapshot.at)
      claims.fill(&snapshot.sources[index], at: snapshot.at)
      if snapshot.sources[index].economics?.blockIntervalSeconds == nil {
        snapshot.sources[index].economics?.blockIntervalSeconds = quality.blockIntervalSeconds(of: name)
      }
      snapshot.sources[index].realised = revenue.realised(by: name, at: snapshot.at)
    }
    return snapshot
  }

  func received(_ answer: Result<FeedReader.Answer, FeedTrouble>, coin: String, feed: Int) {
    let now = Clocks.uptime()
    switch answer {
    case .success(let answer):
      prices.received(answer.value, coin: coin, feed: feed, ageSeconds: answer.ageSeconds, at: now)
    case .failure(let trouble): prices.failed(trouble, coin: coin, feed: feed, at: now)
    }
  }

  /// A pool's own estimate, coins for one hash.
  func claimed(_ answer: Result<Double, FeedTrouble>, by pool: String) {
    if case .success(let value) = answer { claims.heard(value, from: pool, at: Clocks.uptime()) }
  }

  /// Coins that a pool says it has credited in all.
  func credited(_ answer: Result<FeedReader.Answer, FeedTrouble>, by pool: String) {
    if case .success(let answer) = answer { claims.credited(answer.value, by: pool, at: Clocks.uptime()) }
  }

  func priceReports() -> [PriceReport] { prices.reports(at: Clocks.uptime()) }
}
