import Stratum

/// What miners can expect of the bonus pot, were the next block found now: for the orchestrator, which compares the
/// pool with others. Nothing is booked by it.
///
/// Beside each unit of base pay, work of multiplier m earns P ÷ R × m ÷ M: P is the bonus pot that the fund allows, R
/// the block's reward, M the mean multiplier of the work in the present window (design.md §6 and §7).
public struct BonusOutlook: Sendable, Equatable {
  /// By account, in basis points, as profiles were stored last; who is not named has the first level.
  public var multipliers: [String: UInt32]
  /// Of the window's work, in basis points; `nil` when there is none: whoever comes has the pot alone.
  public var meanMultiplier: Double?
  /// Bonus pot ÷ reward of a block; 0 when nothing is left or the reward is not known.
  public var potPerReward: Double

  public init(multipliers: [String: UInt32] = [:], meanMultiplier: Double? = nil, potPerReward: Double = 0) {
    self.multipliers = multipliers
    self.meanMultiplier = meanMultiplier
    self.potPerReward = potPerReward
  }

  /// Expected bonus as a part of base pay, 0 or more.
  public func bonus(of account: String) -> Double {
    let own = Double(multiplier(of: account))
    guard let meanMultiplier, meanMultiplier > 0 else { return potPerReward }
    return potPerReward * own / meanMultiplier
  }

  public func level(of account: String) -> ConsciousnessLevel {
    let own = multiplier(of: account)
    return ConsciousnessLevel.allCases.last { $0.multiplierBasisPoints <= own } ?? .physical
  }

  private func multiplier(of account: String) -> UInt32 {
    multipliers[account] ?? ConsciousnessLevel.physical.multiplierBasisPoints
  }

  /// As the database is now, within one transaction. Reads the pages of the window, and the profiles above the first
  /// level: something for once a minute.
  ///
  /// - Parameter reward: what the pool's newest work pays; `nil` when that is not known.
  public static func read(
    pool: String, algorithm: Algorithm, reward: AtomicUnits?, rules: RewardRules, _ sql: any SQL
  ) throws -> BonusOutlook {
    try read(pool: pool, algorithm: algorithm, reward: reward, rules: rules, pageBits: ShareTake.pageBits, sql)
  }

  static func read(
    pool: String, algorithm: Algorithm, reward: AtomicUnits?, rules: RewardRules, pageBits: Int64, _ sql: any SQL
  ) throws -> BonusOutlook {
    var outlook = BonusOutlook(multipliers: try ConsciousnessStore.storedMultipliers(sql))
    if let reward, reward > .zero {
      let pot = min(rules.bonusPerBlock, try BonusFund.available(sql))
      outlook.potPerReward = max(0, Double(pot.value) / Double(reward.value))
    }
    outlook.meanMultiplier = try mean(
      pool: pool, algorithm: algorithm, rules: rules, multipliers: outlook.multipliers, pageBits: pageBits, sql)
    return outlook
  }

  private static func mean(
    pool: String, algorithm: Algorithm, rules: RewardRules, multipliers: [String: UInt32], pageBits: Int64,
    _ sql: any SQL
  ) throws -> Double? {
    let last = try sql.first("SELECT last FROM ordinals WHERE pool = ?", .text(pool))?.integer(0) ?? 0
    let networks = try NetworkReader(pool: pool, pageBits: pageBits, sql: sql).networkWorks(upTo: last)
    guard let network = networks[algorithm] else { return nil }
    let rates = ExchangeRates(networkWork: networks)
    do {
      var window = try PPLNSWindow(
        ofBlockWith: algorithm, networkWork: network, hundredths: rules.windowHundredths, rates: rates)
      var reader = WindowReader(pool: pool, pageBits: pageBits, sql: sql)
      _ = try reader.fill(&window, upTo: last)
      let split = try Split(
        of: BlockEarnings(
          reward: .zero, fees: [], finder: nil, works: window.works, fill: nil, rates: rates,
          multipliers: multipliers, fund: .zero),
        rules: rules)
      let weight = split.lines.reduce(0.0) { $0 + Double($1.weight) }
      let weighted = split.lines.reduce(0.0) { $0 + Double($1.weight) * Double($1.multiplierBasisPoints) }
      return weight > 0 ? weighted / weight : nil
    } catch let error as ExchangeError {
      throw SettlementError.exchange(error)
    } catch let error as SplitError {
      throw SettlementError.split(error)
    }
  }
}
