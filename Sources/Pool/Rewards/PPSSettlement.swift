import Stratum

/// Pay per share: what a range of shares earns, from the reserve.
///
/// Each group earns ⌊work × reward × (10,000 − fee) × 2^32 ÷ (network work × 10,000)⌋ in 2^-32 atomic units. Whole
/// units are credited; an account's fraction is carried to its next settlement, so that no share is too small to count.
///
/// A range is settled whole or not at all: when the reserve holds less than its credits, nothing is credited and
/// nothing carried, and the range waits until the reserve is funded. That bounds the operator's risk to the reserve.
public struct PPSSettlement: Sendable, Equatable {
  /// Shares of one account, of one algorithm and one network difficulty.
  public struct Group: Sendable, Equatable {
    public var account: String
    public var algorithm: Algorithm
    /// The work of a block at the time; zero counts as one hash.
    public var networkWork: ShareWork
    public var work: ShareWork

    public init(account: String, algorithm: Algorithm, networkWork: ShareWork, work: ShareWork) {
      self.account = account
      self.algorithm = algorithm
      self.networkWork = networkWork
      self.work = work
    }
  }

  public struct Terms: Sendable, Equatable {
    /// What a block pays, with its fees; negative pays nothing.
    public var reward: AtomicUnits
    /// All that is kept of it; 10,000 and above pays nothing.
    public var feeBasisPoints: UInt32

    public init(reward: AtomicUnits, feeBasisPoints: UInt32) {
      self.reward = reward
      self.feeBasisPoints = feeBasisPoints
    }
  }

  public struct Credit: Sendable, Equatable {
    public var account: String
    /// May be zero: then only the carry changes.
    public var amount: AtomicUnits
    /// What the account now carries, in 2^-32 atomic units.
    public var carry: UInt32

    public init(account: String, amount: AtomicUnits, carry: UInt32) {
      self.account = account
      self.amount = amount
      self.carry = carry
    }
  }

  public enum Outcome: Sendable, Equatable {
    /// By account, bytes ascending; `total` never above the reserve.
    case settled([Credit], total: AtomicUnits)
    /// The reserve lacks this much: the range stays pending. Saturates.
    case short(by: AtomicUnits)
  }

  public let outcome: Outcome

  /// - Parameter carries: by account, what earlier settlements left; absent is zero.
  public init(of groups: [Group], terms: Terms, reserve: AtomicUnits, carries: [String: UInt32]) {
    var earned: [String: UInt256] = [:]
    for group in groups {
      let sum = earned[group.account] ?? UInt256(UInt64(carries[group.account] ?? 0))
      earned[group.account] = sum.saturatingSum(Self.earnings(of: group, terms: terms))
    }
    var total = UInt256.zero
    var credits: [Credit] = []
    for (account, sum) in earned.sorted(by: { $0.key.precedesByBytes($1.key) }) {
      let whole = sum &>> 32
      total = total.saturatingSum(whole)
      credits.append(
        Credit(
          account: account, amount: AtomicUnits(whole.clampedToInt64), carry: UInt32(truncatingIfNeeded: sum.l0)))
    }
    let held = UInt256(UInt64(max(0, reserve.value)))
    if held < total {
      outcome = .short(by: AtomicUnits((total &- held).clampedToInt64))
    } else {
      outcome = .settled(credits, total: AtomicUnits(total.clampedToInt64))
    }
  }

  /// In 2^-32 atomic units, rounded down. Work below 2^128, a reward below 2^63 and a factor of 10,000 × 2^32 stay
  /// within 237 bits.
  private static func earnings(of group: Group, terms: Terms) -> UInt256 {
    let kept = UInt64(10_000 - min(10_000, terms.feeBasisPoints))
    let product = UInt256(wide: group.work.hashes)
      .multipliedReportingOverflow(by: UInt64(max(0, terms.reward.value))).partialValue
      .multipliedReportingOverflow(by: kept).partialValue
    let divisor = UInt256(wide: max(1, group.networkWork.hashes)).multipliedReportingOverflow(by: 10_000).partialValue
    return (product &<< 32).quotientAndRemainder(dividingBy: divisor).quotient
  }
}
