import Orchestrator

extension PrometheusText {
  /// In base units: for one hash, in coins or in currency, and seconds.
  mutating func economics(_ sources: [SourceSnapshot]) {
    func labelled(_ source: SourceSnapshot) -> Labels { labels(source) + [("coin", source.traits.coin ?? "")] }
    func each(_ name: String, _ help: String, _ value: (SourceSnapshot) -> Double?) {
      family(name, "gauge", help, sources.compactMap { source in value(source).map { (labelled(source), $0) } })
    }
    each("zion_pool_coins_per_hash", "Expected coins for one hash, fee taken off.") { $0.economics?.coinsPerHash }
    each("zion_pool_revenue_per_hash", "Expected revenue for one hash, in the currency of the prices.") {
      $0.economics?.currencyPerHash
    }
    each("zion_pool_block_reward_coins", "What a block of the newest job pays.") { $0.economics?.blockReward }
    each("zion_pool_block_hashes", "Expected hashes for one block.") { $0.economics?.hashesPerBlock }
    each("zion_pool_economics_confidence", "How far the expected revenue can be trusted, 0 to 1.") {
      $0.economics?.confidence
    }
    each("zion_pool_claim_ratio", "What the pool claims over what its jobs say.") { $0.economics?.claimRatio }
    each("zion_pool_earned_hour_coins", "Worth of the accepted work of the last hour.") { $0.realised.hour.coins }
    each("zion_pool_earned_day_coins", "Worth of the accepted work of the last day.") { $0.realised.day.coins }
    family(
      "zion_source_payee_changes_total", "counter", "How often blocks of its jobs began to pay another script.",
      sources.filter { $0.kind == .upstream }.map { (labels($0), Double($0.payeeChangeCount)) })
    quality(sources)
  }

  private mutating func quality(_ sources: [SourceSnapshot]) {
    gauge("zion_source_reject_ratio", "Expected part of rejected shares, late ones left out.", sources) {
      $0.quality.rejectRatio
    }
    gauge("zion_source_stale_ratio", "Expected part of shares that are called late.", sources) {
      $0.quality.staleRatio
    }
    gauge("zion_source_lateness_seconds", "How much later than the first it tells of new blocks.", sources) {
      $0.quality.latenessSeconds
    }
    gauge("zion_source_disconnects_hour", "Connections that broke within the last hour.", sources) {
      $0.quality.disconnectsPerHour
    }
    gauge("zion_source_job_gap_seconds", "Longest time without a job within the last hour.", sources) {
      $0.quality.longestJobGapSeconds
    }
    gauge("zion_source_switch_cost_seconds", "Mining that a move there costs.", sources) {
      $0.quality.switchCostSeconds
    }
  }

  /// Coins and feeds are names of the configuration, states a closed set.
  mutating func prices(_ prices: [PriceReport]) {
    func each(_ name: String, _ help: String, _ value: (PriceReport) -> Double?) {
      family(
        name, "gauge", help,
        prices.compactMap { price in
          value(price).map { ([("coin", price.coin), ("currency", price.currency)], $0) }
        })
    }
    each("zion_price", "Price that is believed; absent without one.") { $0.price }
    each("zion_price_confidence", "How far the price can be trusted, 0 to 1.") { $0.confidence }
    family(
      "zion_price_age_seconds", "gauge", "Since the newest answer behind the price.",
      prices.compactMap { price in price.ageSeconds.map { ([("coin", price.coin)], $0) } })
    family(
      "zion_price_state", "gauge", "1 for the state that a feed is in.",
      prices.flatMap { price in
        price.feeds.flatMap { feed in
          FeedState.allCases.map { state in
            (
              [("coin", price.coin), ("feed", feed.name), ("state", state.rawValue)],
              feed.state == state ? 1.0 : 0.0
            )
          }
        }
      })
  }
}
