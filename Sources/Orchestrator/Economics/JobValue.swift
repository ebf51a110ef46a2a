import Stratum

/// What a job says that a hash earns: expected coins, before any price.
public struct JobValue: Sendable, Equatable {
  /// Coins of one block for its miners, addends left out; above 0.
  public var blockReward: Double
  /// Expected hashes of one block; at least 1.
  public var hashesPerBlock: Double
  /// Expected coins for one hash: (reward + addends) ÷ hashes × (1 − fee).
  public var coinsPerHash: Double

  /// Why a job could not be valued. `description` is a sentence's end for operators.
  public enum Trouble: Error, Equatable, Sendable, CustomStringConvertible {
    case coinbase(CoinbaseOutputs.Malformed)
    case malformedTarget(UInt32)
    /// KawPow's jobs show no coinbase.
    case rewardUnknown
    case rewardIsZero

    public var description: String {
      switch self {
      case .coinbase(let malformed): "\(malformed)"
      case .malformedTarget(let nBits): "the job's nBits \(Hex.encode(nBits.bigEndianBytes)) are no target"
      case .rewardUnknown: "this pool's jobs do not show the block reward; set block_reward"
      case .rewardIsZero: "the job's coinbase pays its miners nothing"
      }
    }
  }

  public init(_ sample: JobSample, terms: RewardTerms, fee: Double) throws(Trouble) {
    let target = sample.work.networkTarget
    // `Work` has the hardest possible target where nBits are malformed.
    guard !target.number.isZero else { throw .malformedTarget(sample.work.nBits) }
    hashesPerBlock = max(1, ShareWork(of: target).approximate)
    let reward = if let known = terms.blockReward { known } else { try Self.reward(of: sample, terms) }
    guard reward > 0, reward.isFinite else { throw .rewardIsZero }
    blockReward = reward
    let whole = terms.addends.reduce(reward) { sum, addend in
      switch addend.amount {
      case .fraction(let part): sum + reward * part
      case .coins(let coins): sum + coins
      }
    }
    coinsPerHash = whole / hashesPerBlock * (1 - fee)
  }

  private static func reward(of sample: JobSample, _ terms: RewardTerms) throws(Trouble) -> Double {
    let coin = (0..<terms.decimals).reduce(1.0) { value, _ in value * 10 }
    if let known = sample.reward { return Double(known.value) / coin }
    guard let work = sample.work.bitcoin else { throw .rewardUnknown }
    do throws(CoinbaseOutputs.Malformed) {
      let outputs = try CoinbaseOutputs(work, extranonceByteCount: sample.extranonceByteCount)
      return Double(try outputs.reward(without: terms.otherScripts).value) / coin
    } catch {
      throw .coinbase(error)
    }
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) } }
}
