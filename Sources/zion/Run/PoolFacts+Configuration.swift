import API
import Pool
import Stratum

extension PoolFacts {
  /// What the configuration says of the local pool.
  init(_ configuration: Configuration, network: String, stratumPort: Int, year: Int) {
    let local = configuration.local
    self.init()
    name = local.name
    coin = local.coin
    networkName = network
    if case .embedded(let chain, _) = local.node { self.network = chain }
    if case .bitcoin(_, let seconds) = local.node { pollMilliseconds = Int(seconds * 1000) }
    address = local.address
    scheme = local.rewards.rules.scheme.rawValue
    self.stratumPort = stratumPort
    takesTLS = configuration.door.tls != nil
    apiPort = configuration.api.listen.port
    for algorithm in Algorithm.allCases {
      startDifficulty[algorithm] = configuration.difficulty(of: algorithm).start.value
      eco[algorithm] = Double(local.rewards.rules.eco.basisPoints(for: algorithm)) / 10_000
    }
    vardiffSeconds = configuration.vardiff.targetSeconds
    fees = local.fees.map { fee in
      Fee(name: fee.to, address: fee.address, basisPoints: (year...year + 10).map { ($0, fee.basisPoints(inYear: $0)) })
    }
    paysOut = local.payouts.isEnabled
    threshold = local.payouts.threshold.value
    minimum = local.payouts.minimum.value
    bonusPerBlock = local.rewards.rules.bonusPerBlock.value
    maturity = local.maturity
    windowFactor = Double(local.rewards.rules.windowHundredths) / 100
    sources = Dictionary(local.algorithms.map { ($0, local.sourceName(of: $0)) }) { first, _ in first }
    levels = ConsciousnessLevel.allCases.map { level in
      Level(
        number: level.rawValue, name: level.name, summary: level.summary, icon: level.icon,
        multiplier: Double(level.multiplierBasisPoints) / 10_000, experience: level.threshold.points)
    }
  }

  /// The name of the source that has an algorithm's blocks; the pool's own of one that it no longer serves.
  var source: @Sendable (Algorithm) -> String {
    let (sources, name) = (sources, name)
    return { sources[$0] ?? name }
  }
}
