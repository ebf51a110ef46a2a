/// How many may come, from where, how fast. At each limit the newcomer is told which one it met, and closed.
public struct AcceptRules: Sendable, Equatable {
  /// A budget of connections that time fills again.
  public struct Rate: Sendable, Equatable {
    /// So many at once.
    public var burst: Double
    public var perSecond: Double

    public init(burst: Double, perSecond: Double) {
      self.burst = burst
      self.perSecond = perSecond
    }
  }

  /// Connections from one address at once; of IPv6, one /64.
  public var perAddress = 10_000
  /// Connections not authorized yet, from one address and from all.
  public var newcomersPerAddress = 1_000
  public var newcomers = 5_000
  /// New connections from one address: a farm that comes back all at once has its burst.
  public var addressRate = Rate(burst: 10_000, perSecond: 50)
  /// New connections from one network: /24 of IPv4, /48 of IPv6.
  public var networkRate = Rate(burst: 20_000, perSecond: 500)
  /// Addresses and networks that are remembered. Beyond, the quiet ones are forgotten, and while there are none, all
  /// that are new share one budget.
  public var memory = 100_000

  public init() {}
}
