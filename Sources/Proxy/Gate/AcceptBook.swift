import Orchestrator
import Stratum

/// Who came lately and who is here, by address and network: what the limits of `AcceptRules` are held against.
struct AcceptBook: Sendable {
  /// Whose connections are counted together.
  fileprivate enum Origin: Hashable {
    case address(NetworkRange), network(NetworkRange)
    /// All that are not remembered, because too many are.
    case others
  }

  private struct Presence {
    var connections = 0
    var newcomers = 0
    /// Connections that may still come now.
    var budget: Double
    var at: MonotonicTime
  }

  /// Others hold from the next who comes; whoever is here stays.
  var rules: AcceptRules
  private var presences: [Origin: Presence] = [:]
  private(set) var newcomers = 0
  private var tidied: MonotonicTime?

  init(_ rules: AcceptRules) { self.rules = rules }

  /// Origins that are remembered.
  var count: Int { presences.count }

  /// Where a connection was counted: to be handed back when it is authorized and when it ends.
  struct Pass: Sendable {
    fileprivate let address: Origin
    fileprivate let network: Origin
    fileprivate var isNewcomer = true
  }

  /// - Throws: the limit that the newcomer met; then nothing of it is remembered but that it came.
  mutating func enter(_ address: NetworkAddress, at now: MonotonicTime) throws(CloseReason) -> Pass {
    let pass = pass(for: address, at: now)
    guard spend(pass.address, rules.addressRate, at: now), spend(pass.network, rules.networkRate, at: now) else {
      throw .tooFast
    }
    let here = presences[pass.address]
    guard (here?.connections ?? 0) < rules.perAddress else { throw .tooManyFromAddress }
    guard newcomers < rules.newcomers, (here?.newcomers ?? 0) < rules.newcomersPerAddress else {
      throw .tooManyNewcomers
    }
    count(pass)
    return pass
  }

  /// One that was let in before: it costs nothing, and no limit is held against it.
  mutating func takeOver(_ address: NetworkAddress, at now: MonotonicTime) -> Pass {
    let pass = pass(for: address, at: now)
    if presences[pass.address] == nil { presences[pass.address] = Presence(budget: rules.addressRate.burst, at: now) }
    if presences[pass.network] == nil { presences[pass.network] = Presence(budget: rules.networkRate.burst, at: now) }
    count(pass)
    return pass
  }

  private mutating func pass(for address: NetworkAddress, at now: MonotonicTime) -> Pass {
    let own = NetworkRange(containing: address, prefix: address.isIPv6 ? 64 : 32)
    let wide = NetworkRange(containing: address, prefix: address.isIPv6 ? 48 : 24)
    return Pass(address: origin(.address(own), at: now), network: origin(.network(wide), at: now))
  }

  private mutating func count(_ pass: Pass) {
    newcomers += 1
    presences[pass.address]?.connections += 1
    presences[pass.address]?.newcomers += 1
    presences[pass.network]?.connections += 1
  }

  mutating func authorized(_ pass: inout Pass) {
    guard pass.isNewcomer else { return }
    pass.isNewcomer = false
    newcomers -= 1
    presences[pass.address]?.newcomers -= 1
  }

  mutating func left(_ pass: Pass) {
    var pass = pass
    authorized(&pass)
    presences[pass.address]?.connections -= 1
    presences[pass.network]?.connections -= 1
  }

  private mutating func spend(_ origin: Origin, _ rate: AcceptRules.Rate, at now: MonotonicTime) -> Bool {
    var presence = presences[origin] ?? Presence(budget: rate.burst, at: now)
    presence.budget = min(rate.burst, presence.budget + rate.perSecond * now.seconds(since: presence.at))
    presence.at = max(presence.at, now)
    let isGranted = presence.budget >= 1
    if isGranted { presence.budget -= 1 }
    presences[origin] = presence
    return isGranted
  }

  private mutating func origin(_ origin: Origin, at now: MonotonicTime) -> Origin {
    guard presences[origin] == nil, presences.count >= rules.memory else { return origin }
    // Looking at all of them is not for each of a flood.
    if tidied.map({ now.seconds(since: $0) >= 1 }) ?? true {
      tidied = now
      forgetQuiet(at: now)
    }
    return presences.count < rules.memory ? origin : .others
  }

  /// Whoever has nobody here and its whole budget again is as good as never seen.
  private mutating func forgetQuiet(at now: MonotonicTime) {
    let (address, network) = (rules.addressRate, rules.networkRate)
    presences = presences.filter { origin, presence in
      let rate = if case .network = origin { network } else { address }
      let budget = presence.budget + rate.perSecond * now.seconds(since: presence.at)
      return presence.connections > 0 || budget < rate.burst
    }
  }
}
