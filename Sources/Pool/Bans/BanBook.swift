import Orchestrator
import Stratum

/// One moment on both clocks: scores decay by the one that only goes forward, bans end by the wall's.
public struct BanMoment: Sendable, Equatable {
  public var monotonic: MonotonicTime
  public var wall: UnixTime

  public init(monotonic: MonotonicTime, wall: UnixTime) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// Who is kept out, and who soon will be.
///
/// A connection is judged by its own conduct first. An address is banned for what several of its connections did, and
/// only while nobody else there mines well; else the name is banned at that address. A network is banned for its banned
/// addresses.
public struct BanBook: Sendable {
  public private(set) var rules: BanRules
  public private(set) var bans: [BanSubject: Ban] = [:]
  /// Banned networks of another size than that of an address: few, for people alone ban them.
  private var otherNetworks: Set<NetworkRange> = []
  /// How often a subject was banned, and when the last of those ends.
  private var history: [BanSubject: (count: Int, until: UnixTime)] = [:]
  private var addresses: [NetworkAddress: AddressConduct] = [:]
  /// When anybody in a network last had a share accepted.
  private var goodNetworks: [NetworkRange: MonotonicTime] = [:]

  public init(_ rules: BanRules, bans: [Ban] = []) {
    self.rules = rules
    for ban in bans { restore(ban) }
  }

  /// A ban that was stored, by us or by another node.
  public mutating func restore(_ ban: Ban) {
    bans[ban.subject] = ban
    if case .network(let network) = ban.subject, network != network.first.network { otherNetworks.insert(network) }
    let until = ban.until ?? UnixTime(seconds: .max)
    if let known = history[ban.subject], known.count > ban.earlier { return }
    history[ban.subject] = (ban.earlier + 1, until)
  }

  /// What was stored by another node.
  public mutating func apply(_ change: BanTable.Change) {
    switch change {
    case .banned(let ban): restore(ban)
    case .lifted(let subject, _): _ = remove(subject)
    }
  }

  /// Addresses that are remembered.
  public var addressCount: Int { addresses.count }

  // MARK: questions

  public mutating func use(_ rules: BanRules) { self.rules = rules }

  public func isAllowed(_ address: NetworkAddress) -> Bool { rules.allowed.contains { $0.contains(address) } }

  /// Why a connection from there is refused; `nil` when it is not.
  public func refusal(of address: NetworkAddress, at now: UnixTime) -> Ban? {
    guard !bans.isEmpty, !isAllowed(address) else { return nil }
    return holding(.address(address), at: now) ?? holding(.network(address.network), at: now)
      ?? otherNetworks.lazy.filter { $0.contains(address) }.compactMap { holding(.network($0), at: now) }.first
  }

  /// Why a name is refused at that address.
  public func refusal(of name: String, at address: NetworkAddress, now: UnixTime) -> Ban? {
    isAllowed(address) ? nil : holding(.name(name, at: address), at: now)
  }

  private func holding(_ subject: BanSubject, at now: UnixTime) -> Ban? {
    bans[subject].flatMap { $0.holds(at: now) ? $0 : nil }
  }

  /// What the connections of a banned address do on their way out is held against nobody.
  private func isJudged(_ address: NetworkAddress, at now: UnixTime) -> Bool {
    !isAllowed(address) && refusal(of: address, at: now) == nil
  }

  /// Whether anybody at the address mines well.
  public func hasGoodMiners(_ address: NetworkAddress, at now: BanMoment) -> Bool {
    addresses[address]?.good(within: rules.goodSeconds, at: now.monotonic, except: nil) ?? false
  }

  /// What is held against an address that is not banned yet, most points first.
  public func evidence(against address: NetworkAddress, at now: MonotonicTime) -> [ViolationTally] {
    addresses[address]?.evidence(rules.conduct, at: now) ?? []
  }

  /// Connections from there that were ended for their conduct within the hour.
  public func strikes(of address: NetworkAddress, at now: MonotonicTime) -> Int {
    addresses[address]?.strikeCount(at: now) ?? 0
  }

  // MARK: events

  /// A share of `name` counted. Told at most once a minute for each connection.
  public mutating func accepted(_ name: String, from address: NetworkAddress, at now: BanMoment) {
    makeRoom()
    addresses[address, default: AddressConduct(at: now.monotonic)].accepted(name, at: now.monotonic)
    goodNetworks[address.network] = now.monotonic
  }

  /// A violation that no connection's conduct knows of: it ended, failed to authorize, or is a request to the API.
  public mutating func note(
    _ violation: Violation, from address: NetworkAddress, name: String? = nil, at now: BanMoment
  ) -> [Ban] {
    guard isJudged(address, at: now.wall) else { return [] }
    makeRoom()
    var conduct = addresses[address] ?? AddressConduct(at: now.monotonic)
    // A farm whose switch starts again loses all its connections at once.
    if violation == .fruitlessConnection, conduct.good(within: rules.goodSeconds, at: now.monotonic, except: nil) {
      return []
    }
    let points = conduct.note(violation, rules.conduct, at: now.monotonic)
    var made: [Ban] = []
    if points + 1e-9 >= ConductRules.threshold {
      let evidence = conduct.evidence(rules.conduct, at: now.monotonic)
      // Where others mine well it is left at limits of connections.
      if !conduct.good(within: rules.goodSeconds, at: now.monotonic, except: name) {
        conduct.forgive()
        made = ban(.address(address), because: "too many violations of this address", evidence, at: now)
      } else if let name {
        conduct.forgive()
        made = ban(.name(name, at: address), because: "too many violations under this name", evidence, at: now)
      }
    }
    addresses[address] = conduct
    return made
  }

  /// A connection was ended for its score.
  public mutating func disconnected(
    _ name: String?, from address: NetworkAddress, for evidence: [ViolationTally], at now: BanMoment
  ) -> [Ban] {
    guard isJudged(address, at: now.wall) else { return [] }
    makeRoom()
    var conduct = addresses[address] ?? AddressConduct(at: now.monotonic)
    let strikes = conduct.strike(name, at: now.monotonic)
    var made: [Ban] = []
    if strikes >= rules.strikes {
      let reason = "\(strikes) disconnections within an hour"
      if !conduct.good(within: rules.goodSeconds, at: now.monotonic, except: name) {
        conduct.forgive()
        made = ban(.address(address), because: reason, evidence, at: now)
      } else if let name, conduct.strikes(of: name) >= rules.strikes {
        conduct.forgive(name)
        made = ban(.name(name, at: address), because: reason, evidence, at: now)
      }
    }
    addresses[address] = conduct
    return made
  }

  // MARK: orders

  /// By an operator. Replaces a ban of the same subject.
  public mutating func add(
    _ subject: BanSubject, until: UnixTime?, reason: String, by whom: String, at now: UnixTime
  ) -> Ban {
    let ban = Ban(
      subject: subject, since: now, until: until, reason: reason, by: whom, earlier: earlier(subject, at: now))
    restore(ban)
    return ban
  }

  /// - Returns: what was taken away; `nil` when there was none.
  public mutating func remove(_ subject: BanSubject) -> Ban? {
    history[subject] = nil
    if case .network(let network) = subject { otherNetworks.remove(network) }
    if case .address(let address) = subject { addresses[address]?.forgive() }
    if case .name(let name, let address) = subject { addresses[address]?.forgive(name) }
    return bans.removeValue(forKey: subject)
  }

  /// What ended; it is remembered for the length of a next one.
  public mutating func expire(at now: UnixTime) -> [Ban] {
    let over = bans.values.filter { !$0.holds(at: now) }
    for ban in over {
      bans[ban.subject] = nil
      if case .network(let network) = ban.subject { otherNetworks.remove(network) }
    }
    for (subject, past) in history where isForgotten(past.until, at: now) && bans[subject] == nil {
      history[subject] = nil
    }
    return over.sorted { $0.subject.description < $1.subject.description }
  }

  // MARK: making a ban

  private mutating func ban(
    _ subject: BanSubject, because reason: String, _ evidence: [ViolationTally], at now: BanMoment
  ) -> [Ban] {
    let told = evidence.map { "\($0.count) × \($0.violation.words)" }.joined(separator: ", ")
    var made = [automatic(subject, because: told.isEmpty ? reason : "\(reason): \(told)", evidence, at: now.wall)]
    guard case .address(let address) = subject else { return made }
    let network = address.network
    let neighbours = bans.values.count { ban in
      guard case .address(let other) = ban.subject else { return false }
      return ban.holds(at: now.wall) && network.contains(other)
    }
    let isGood = goodNetworks[network].map { now.monotonic.seconds(since: $0) <= rules.goodSeconds } ?? false
    if neighbours >= rules.addressesOfNetwork, !isGood, !rules.allowed.contains(where: { network.contains($0.first) }) {
      made.append(
        automatic(.network(network), because: "\(neighbours) of its addresses are banned", evidence, at: now.wall))
    }
    return made
  }

  private mutating func automatic(
    _ subject: BanSubject, because reason: String, _ evidence: [ViolationTally], at now: UnixTime
  ) -> Ban {
    let earlier = earlier(subject, at: now)
    let ban = Ban(
      subject: subject, since: now, until: now.advanced(by: rules.length(after: earlier)), reason: reason,
      evidence: evidence, by: "auto", earlier: earlier)
    restore(ban)
    return ban
  }

  private func earlier(_ subject: BanSubject, at now: UnixTime) -> Int {
    guard let past = history[subject], !isForgotten(past.until, at: now) else { return 0 }
    return past.count
  }

  private func isForgotten(_ until: UnixTime, at now: UnixTime) -> Bool { until.advanced(by: rules.memory) < now }

  /// A tenth of the addresses goes at once, so that the search for the quietest is rare.
  private mutating func makeRoom() {
    guard addresses.count >= rules.addressLimit else { return }
    let quietest = addresses.sorted { $0.value.lastSeen < $1.value.lastSeen }.prefix(max(1, rules.addressLimit / 10))
    for (address, _) in quietest { addresses[address] = nil }
    if goodNetworks.count >= rules.addressLimit {
      let kept = Set(addresses.keys.map(\.network))
      goodNetworks = goodNetworks.filter { kept.contains($0.key) }
    }
  }
}
