import Stratum

/// Who gets what of a block, to the atomic unit.
///
/// Base: ⌊pot × weight ÷ all weights⌋, where a weight is the sum of work × exchange rate × eco factor. Bonus: the same
/// of the bonus pot, with weights × level multiplier. What base pays leave over is the remainder; what bonuses leave
/// over stays in the fund. Σ base + `remainder` + `reserve` = `reward`, and Σ bonus ≤ `bonusPot` ≤ the fund.
///
/// Splitting one miner's work over many names splits its weight and its experience, and raises neither sum.
///
/// - SOLO: one line, the finder's, with all of the reward and all of the bonus pot.
/// - PPS: the reward goes to the reserve, for the shares are paid from there; lines share the bonus only.
/// - PPLNS and PROP with no accepted work: the finder has the only line, with all of the reward and no bonus; when
///   nobody knows the finder, everything is remainder.
///
/// Source: design.md §6, `reference/zion.md` §2.6.
public struct Split: Sendable, Equatable {
  public let scheme: RewardScheme
  public let reward: AtomicUnits
  public let fees: [FeePayment]
  /// By account, bytes ascending.
  public private(set) var lines: [SplitLine]
  /// Goes to the remainder account: what flooring left of the reward, and the pool's part of a short window.
  public private(set) var remainder = AtomicUnits.zero
  /// Goes to the PPS reserve.
  public private(set) var reserve = AtomicUnits.zero
  /// What this block may take from the bonus fund.
  public let bonusPot: AtomicUnits

  /// Whether the coinbase itself pays the lines' base, and not the pool's wallet.
  public var isPaidByCoinbase: Bool { scheme == .solo }

  /// - Throws: for negative amounts, and for work that is beyond counting or comparing: then nothing is to be booked.
  public init(of block: BlockEarnings, rules: RewardRules) throws(SplitError) {
    guard block.reward >= .zero else { throw .negative("reward", block.reward) }
    guard block.fund >= .zero else { throw .negative("bonus fund", block.fund) }
    guard rules.bonusPerBlock >= .zero else { throw .negative("bonus per block", rules.bonusPerBlock) }
    scheme = rules.scheme
    reward = block.reward
    fees = block.fees
    bonusPot = min(rules.bonusPerBlock, block.fund)
    lines = try Self.lines(of: block, eco: rules.eco)
    switch rules.scheme {
    case .solo: try giveAll(to: block.finder)
    case .pps:
      reserve = reward
      shareBonus()
    case .pplns, .prop:
      let fill = rules.scheme == .pplns && rules.shortWindow == .pool ? block.fill : nil
      shareBase(fill: fill, finder: block.finder)
      shareBonus()
    }
  }

  private static func lines(of block: BlockEarnings, eco: EcoFactors) throws(SplitError) -> [SplitLine] {
    var lines: [SplitLine] = []
    for item in WorkTally(block.works).works {
      let work = AlgorithmWork(algorithm: item.algorithm, work: item.work)
      let weight = try Self.weight(of: item, rates: block.rates, eco: eco)
      if let last = lines.last, last.account == item.account {
        let (sum, overflow) = last.weight.addingReportingOverflow(weight)
        guard !overflow else { throw .weightOverflow(item.account) }
        lines[lines.count - 1].works.append(work)
        lines[lines.count - 1].weight = sum
      } else {
        let multiplier = block.multipliers[item.account] ?? SplitLine.plainMultiplier
        lines.append(
          SplitLine(account: item.account, works: [work], weight: weight, multiplierBasisPoints: multiplier))
      }
    }
    return lines
  }

  private static func weight(
    of item: WindowWork, rates: ExchangeRates, eco: EcoFactors
  ) throws(SplitError) -> UInt128 {
    let rate: UInt128
    do throws(ExchangeError) {
      rate = try rates.rate(of: item.algorithm)
    } catch {
      throw .exchange(error)
    }
    let (measure, tooMuch) = item.work.hashes.multipliedReportingOverflow(by: rate)
    let factor = UInt128(eco.basisPoints(for: item.algorithm))
    let (weight, overflow) = measure.multipliedReportingOverflow(by: factor)
    guard !tooMuch, !overflow else { throw .weightOverflow(item.account) }
    return weight
  }

  private mutating func giveAll(to finder: String?) throws(SplitError) {
    guard let finder else { throw .finderUnknown }
    var line = lines.first { $0.account == finder } ?? SplitLine(account: finder)
    line.base = reward
    line.bonus = bonusPot
    lines = [line]
  }

  private mutating func shareBase(fill: WindowFill?, finder: String?) {
    let whole = lines.reduce(UInt256.zero) { $0.saturatingSum(UInt256(wide: $1.weight)) }
    guard !whole.isZero else {
      lines = finder.map { [SplitLine(account: $0, base: reward)] } ?? []
      remainder = finder == nil ? reward : .zero
      return
    }
    var left = reward.value
    let withheld = fill.map { reward.fraction(UInt256(wide: $0.missing), of: UInt256(wide: $0.length)) } ?? .zero
    let pot = AtomicUnits(reward.value - withheld.value)
    for i in lines.indices {
      lines[i].base = pot.fraction(UInt256(wide: lines[i].weight), of: whole)
      left -= lines[i].base.value
    }
    remainder = AtomicUnits(left)
  }

  private mutating func shareBonus() {
    let whole = lines.reduce(UInt256.zero) { $0.saturatingSum($1.bonusWeight) }
    for i in lines.indices { lines[i].bonus = bonusPot.fraction(lines[i].bonusWeight, of: whole) }
  }

  /// What the block takes from the bonus fund; never above `bonusPot`.
  public var bonusPaid: AtomicUnits { AtomicUnits(lines.reduce(0) { $0 + $1.bonus.value }) }
}

/// One account's part of a block.
public struct SplitLine: Sendable, Equatable {
  static let plainMultiplier: UInt32 = 10_000

  public var account: String
  /// What it did in the window, in the order of the algorithms' numbers.
  public var works: [AlgorithmWork]
  /// Σ work × exchange rate × eco basis points.
  public var weight: UInt128
  public var multiplierBasisPoints: UInt32
  public var base: AtomicUnits
  public var bonus: AtomicUnits

  public init(
    account: String, works: [AlgorithmWork] = [], weight: UInt128 = 0, multiplierBasisPoints: UInt32 = 10_000,
    base: AtomicUnits = .zero, bonus: AtomicUnits = .zero
  ) {
    self.account = account
    self.works = works
    self.weight = weight
    self.multiplierBasisPoints = multiplierBasisPoints
    self.base = base
    self.bonus = bonus
  }

  /// Weight × level multiplier, by which the bonus pot is shared.
  public var bonusWeight: UInt256 {
    UInt256(wide: weight).multipliedReportingOverflow(by: UInt64(multiplierBasisPoints)).partialValue
  }
}

/// Work with one algorithm.
public struct AlgorithmWork: Sendable, Equatable {
  public var algorithm: Algorithm
  public var work: ShareWork

  public init(algorithm: Algorithm, work: ShareWork) {
    self.algorithm = algorithm
    self.work = work
  }
}

/// Why a block cannot be split. Nothing of it may be booked.
public enum SplitError: Error, Equatable, Sendable {
  case negative(_ what: String, AtomicUnits)
  case exchange(ExchangeError)
  /// An account's work × rate × eco factor is 2^128 or more.
  case weightOverflow(String)
  /// SOLO pays the finder, and nobody says who that is.
  case finderUnknown
}

extension SplitError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .negative(let what, let amount): "the \(what) is negative (\(amount.value)): this block is not split"
    case .exchange(let error): error.description
    case .weightOverflow(let account):
      "the work of \(account) in this window is beyond 128 bits: look at its shares in the share table"
    case .finderUnknown: "a SOLO block needs its finder: look up the share that found it"
    }
  }
}
