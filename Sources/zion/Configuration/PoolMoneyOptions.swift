import Orchestrator
import Pool

/// What an upstream pool pays and where it is: options of one entry of `pools`.
struct PoolMoneyOptions: Sendable, Equatable {
  /// `coin`: that it pays in, as `prices` calls it, 1 to 10 capital letters. Without one its revenue has no price.
  /// Default: none.
  var coin: String?
  /// `region`: where it is, in your own words, for policies. `[A-Za-z0-9_-]`, at most 32. Default: none.
  var region: String?
  /// `tags`: a list of your own words, for policies. Default: none.
  var tags: Set<String> = []
  /// `fee`: what the pool keeps of each reward, 0% to 50%. Default `0%`.
  var fee = 0.0
  /// `scheme`: how shares become money, `pps`, `fpps`, `pplns`, `prop` or `solo`. Default `pplns`.
  var scheme = PayoutScheme.pplns
  /// `window`: with `scheme: pplns`, how long ago a share may be that a block still pays, 1m to 720h. A move to the pool
  /// then costs what the window is not filled with yet (`PayoutRamp`). Default: none, and no such cost.
  var windowSeconds: Double?
  /// `block_reward`: coins that a block pays, instead of what the jobs show. Needed where they do not show it (kawpow),
  /// and where the pool pays something else (PPS leaves transaction fees out). Default: as in the jobs.
  /// `decimals`: of the coin, 0 to 18. Default 8.
  /// `other_outputs`: scripts in hex of coinbase outputs that are not the miners', such as a chain's own funds.
  /// Default: none. Outputs that nobody can spend never count.
  /// `addends`: what comes on top of each block, such as merge-mined coins: a list of `name` with `percent` (of the
  /// block reward, to 1000%) or `coins` (of this coin, a block). Default: none.
  /// `block_interval`: between blocks of the chain, 1s to 24h. Default: as observed.
  var reward = RewardTerms()
  /// `claim`: where the pool says what it pays. Only an observation: it is compared, and never believed. Default: none.
  var claim: ClaimOptions?
  /// `credited`: where the pool says how many coins it has credited to you in all: `url`, `pointer` and `every` as for a
  /// feed of `prices`. It is compared with the worth of the accepted work. Default: none.
  var credited: PriceFeed?

  var terms: PoolTerms {
    let traits = SourceTraits(
      coin: coin, region: region, tags: tags, fee: fee, scheme: scheme, windowSeconds: windowSeconds)
    return PoolTerms(traits: traits, reward: reward)
  }
}

/// `claim` of a pool.
struct ClaimOptions: Sendable, Equatable {
  /// `url`, `pointer` and `every` as for a feed of `prices`. `url` and `pointer` are required.
  var feed: PriceFeed
  /// `unit`: hashes to which the number is coins a day: `H`, `kH`, `MH`, `GH`, `TH` or `PH`. Required.
  var hashesPerSecond: Double

  /// Coins for one hash, from coins a day for the unit.
  func coinsPerHash(_ number: Double) -> Double { number / 86_400 / hashesPerSecond }
}

extension Configuration {
  /// What is known of all pools' money, by their names.
  var poolTerms: [String: PoolTerms] {
    var terms = Dictionary(pools.map { ($0.name, $0.money.terms) }) { first, _ in first }
    guard local.isEnabled else { return terms }
    let fee = local.rewards.rules.scheme == .pps ? Double(local.rewards.ppsFeeBasisPoints) / 10_000 : 0
    let traits = SourceTraits(
      coin: local.coin.symbol, region: local.region, tags: local.tags, fee: fee,
      scheme: PayoutScheme(local.rewards.rules.scheme))
    terms[local.name] = PoolTerms(
      traits: traits, reward: RewardTerms(decimals: local.coin.decimals, addends: local.addends))
    return terms
  }
}

extension PayoutScheme {
  fileprivate init(_ scheme: RewardScheme) {
    switch scheme {
    case .pplns: self = .pplns
    case .prop: self = .prop
    case .solo: self = .solo
    case .pps: self = .pps
    }
  }
}
