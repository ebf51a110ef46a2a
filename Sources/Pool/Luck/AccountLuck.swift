import Glibc
import Stratum

/// How many blocks an account's work should have found since some time, and how many it did.
///
/// Who withholds the blocks he finds has shares like any other miner, and no single one of them gives him away. Over
/// many expected blocks his luck does. One honest miner in ten thousand looks the same: that is a reason to ask him, and
/// never to ban him or to keep his money.
public struct AccountLuck: Sendable, Equatable {
  public var account: String
  /// Of the window in which he has least luck.
  public var since: UnixTime
  /// Σ work ÷ what the network asked for at the time.
  public var expected: Double
  public var found: Int

  public init(account: String, since: UnixTime, expected: Double, found: Int) {
    self.account = account
    self.since = since
    self.expected = expected
    self.found = found
  }

  /// An honest miner has less luck with this chance in any of the windows, at which somebody should look.
  public static let alarm = 1e-4

  /// That an honest miner finds no more than these.
  public var chance: Double { Poisson.chance(ofAtMost: found, expecting: expected) }

  /// Fewer than ten expected blocks prove nothing, whatever was found.
  public var isSuspicious: Bool { chance < Self.alarm / Double(LuckHistory.windowCount) }
}

/// Rare events: blocks among shares.
public enum Poisson {
  /// P(X ≤ count). Exact to some 12 digits; 1 where nothing is expected.
  public static func chance(ofAtMost count: Int, expecting mean: Double) -> Double {
    guard mean > 0, mean.isFinite else { return 1 }
    guard count >= 0 else { return 0 }
    var sign: Int32 = 0
    // From the last term down: below the mean each is smaller than the one before.
    var term = exp(Double(count) * log(mean) - mean - lgamma_r(Double(count) + 1, &sign))
    var sum = 0.0
    var index = count
    while index >= 0 {
      sum += term
      if Double(index) < mean, term < sum * 1e-17 { break }
      term *= Double(index) / mean
      index -= 1
    }
    return min(1, sum)
  }
}
