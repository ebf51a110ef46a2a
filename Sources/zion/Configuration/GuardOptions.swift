import Orchestrator
import Pool
import Proxy
import Stratum

/// What is refused above, and for what somebody is kept out.
struct LimitOptions: Sendable, Equatable {
  /// `limits.connections`: miners at once, 1 to 1,000,000. When all are taken, a newcomer gets the place of a connection
  /// that is not authorized after 5 s, else of one without an accepted share after 10 m, the oldest first; else it is
  /// refused. Default 10000.
  var connections = 10_000
  /// `limits.first_share`: a connection is closed when it has no accepted share so long after it came, 1 m to 24 h.
  /// Default `1h`.
  var firstShareSeconds = 3600.0
  /// `limits.per_address`: connections from one address at once (of IPv6, one /64), 1 to 1,000,000. Default: as many as
  /// `limits.connections`.
  var perAddress: Int?
  /// `limits.newcomers` and `limits.newcomers_per_address`: connections not authorized yet, from all and from one
  /// address, 1 to 1,000,000. Default 5000 and 1000.
  var newcomers = AcceptRules().newcomers
  var newcomersPerAddress = AcceptRules().newcomersPerAddress
  /// `limits.address_rate` and `limits.network_rate`: new connections from one address, and from one network (/24, or
  /// /48 of IPv6). `.burst`: so many at once, 1 to 1,000,000, default `limits.connections`, and twice that; `.per_second`:
  /// and so many more, 1 to 100,000, default 50 and 500.
  var addressRate = RateOptions(perSecond: AcceptRules().addressRate.perSecond)
  var networkRate = RateOptions(perSecond: AcceptRules().networkRate.perSecond)

  struct RateOptions: Sendable, Equatable {
    var burst: Int?
    var perSecond: Double
  }

  var accept: AcceptRules {
    var rules = AcceptRules()
    rules.perAddress = perAddress ?? connections
    rules.newcomers = newcomers
    rules.newcomersPerAddress = newcomersPerAddress
    rules.addressRate = .init(
      burst: Double(addressRate.burst ?? connections), perSecond: addressRate.perSecond)
    rules.networkRate = .init(
      burst: Double(networkRate.burst ?? connections * 2), perSecond: networkRate.perSecond)
    return rules
  }
}

/// `bans`: what breaks the rules, and what becomes of it. A score falls by half in each half-life and with every
/// accepted share; at 50 points the miner is told, at 75 it is not read for 30 s, at 100 it is disconnected.
struct BanOptions: Sendable, Equatable {
  /// `bans.enabled`: `false`: nobody is warned, slowed, disconnected or banned for conduct; the limits and the bans that
  /// operators make hold all the same. Default `true`.
  var isEnabled = true
  /// `bans.allow`: addresses and networks that are never scored and never banned, such as a load balancer that asks
  /// whether we are here. At most 1000. Default: none.
  ///
  /// `bans.strikes`: disconnections for conduct within an hour that ban, 1 to 64. Default 3.
  /// `bans.first`: how long the first ban lasts; each further one is four times as long; 1 m to 8760 h. Default `1h`.
  /// `bans.longest`: no ban of ours is longer, 1 m to 8760 h. Default `8760h`, a year.
  /// `bans.memory`: so long after a ban it lengthens the next no more, 1 h to 8760 h. Default `720h`.
  /// `bans.network`: so many banned addresses of one network (/24, or /64 of IPv6) at once ban it, when nobody there
  /// mines well; 2 to 256. Default 8.
  /// `bans.weights.VIOLATION.points`, 0 to 100, and `.half_life`, 1 s to 24 h: see `ConductRules`. VIOLATION is one of
  /// `Violation`.
  var rules = BanRules()
}
