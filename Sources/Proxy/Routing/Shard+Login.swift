import Logging
import NIOCore
import Orchestrator
import Stratum

/// Subscribe, authorize, and `login`, which is both: from a new connection to a miner with a job.
extension Shard {
  // MARK: subscribe

  func findSeat(for connection: MinerConnection, resume: String?) {
    assumeAlgorithm(of: connection)
    if let resume, let left = parked[resume], left.until > now(),
      let seat = left.source.claim(.resuming(left.seat))
    {
      parked.removeValue(forKey: resume)
      return seatNewcomer(connection, at: left.source, seat)
    }
    if !offerSeat(to: connection) { stranded[connection.number] = connection }
  }

  /// By its name for itself, where a source here has work of that kind; else by what a miner at this address was asked
  /// to reconnect for. Whether that was right is settled at authorize.
  private func assumeAlgorithm(of connection: MinerConnection) {
    let agent = connection.session.userAgent
    let known = Algorithm(userAgent: agent).flatMap { serves($0) ? $0 : nil }
    let expected = expectations(for: connection).first?.algorithm
    guard let wanted = known ?? expected, known != nil || wanted != connection.session.algorithm else { return }
    let plan = configuration.difficulty(for: wanted)
    connection.session.assume(
      wanted, isCertain: Algorithm(mentionedIn: agent) == wanted, settings: plan.vardiff, start: plan.start)
  }

  func serves(_ algorithm: Algorithm) -> Bool { sources.contains { $0.algorithm == algorithm } }

  func offerSeat(to connection: MinerConnection) -> Bool {
    var order = candidates(connection.session.algorithm)
    let wanted = expectations(for: connection).first { wanted in order.contains { $0 === wanted } }
    if let wanted, let index = order.firstIndex(where: { $0 === wanted }) {
      order.insert(order.remove(at: index), at: 0)
      met(wanted, by: connection)
    }
    for source in order {
      if let seat = source.claim(.fresh(extranonce2ByteCount: nil)) {
        seatNewcomer(connection, at: source, seat)
        return true
      }
    }
    return false
  }

  private func seatNewcomer(_ connection: MinerConnection, at source: any WorkSource, _ seat: Seat) {
    // It may have waited for one: a miner that says who it is before it has a seat is offered one at once.
    stranded[connection.number] = nil
    connection.source = source
    connection.update { session, out in session.seated(seat, into: &out) }
    if connection.session.phase == .authorized { enter(connection) }
  }

  /// The sources for which miners at this address were asked to reconnect, in that order.
  private func expectations(for connection: MinerConnection) -> [any WorkSource] {
    guard let address = connection.remoteAddress, let list = expected[address] else { return [] }
    let now = now()
    return list.compactMap { $0.until > now ? source(named: $0.source) : nil }
  }

  private func met(_ source: any WorkSource, by connection: MinerConnection) {
    guard let address = connection.remoteAddress, var list = expected[address] else { return }
    if let index = list.firstIndex(where: { $0.source == source.name }) { list.remove(at: index) }
    expected[address] = list.isEmpty ? nil : list
  }

  // MARK: authorize

  func authorize(_ connection: MinerConnection, user: String, _ options: PasswordOptions, reply: UInt32) {
    if let result = names.checkNow(user) {
      return checked(result, connection, user: user, options, reply: reply)
    }
    connection.namesBeingChecked += 1
    let names = names
    let bound = NIOLoopBound((self, connection), eventLoop: loop)
    loop.makeFutureWithTask { await names.check(user) }.whenSuccess { result in
      let (shard, connection) = bound.value
      connection.namesBeingChecked -= 1
      shard.checked(result, connection, user: user, options, reply: reply)
      shard.judgeHeld(of: connection)
    }
  }

  private func checked(
    _ result: NameCheck, _ connection: MinerConnection, user: String, _ options: PasswordOptions, reply: UInt32
  ) {
    guard connections[connection.number] != nil else { return }
    let identity: MinerIdentity
    let named: Algorithm?
    switch result {
    case .accepted(let name, let algorithm): (identity, named) = (name, algorithm)
    case .refused(let why):
      nameRefused(user, of: connection)
      return connection.update { session, out in session.refused(why, reply: reply, into: &out) }
    }
    let algorithm: Algorithm
    do throws(Unserved) {
      algorithm = try self.algorithm(for: connection, named: named, options)
    } catch {
      return connection.update { session, out in session.refused(error.sentence, reply: reply, into: &out) }
    }
    if let address = connection.address, let sentence = entrance.gate.refusal(of: identity.user, at: address) {
      return connection.update { session, out in session.refused(sentence, reply: reply, into: &out) }
    }
    let isFirst = connection.session.identity == nil
    if !isFirst, let source = connection.source, let seat = connection.session.seat {
      do throws(SeatRefusal) {
        _ = try source.settle(seat, for: connection.session.identities + [identity])
      } catch {
        return connection.update { session, out in session.refused(error.reason, reply: reply, into: &out) }
      }
    }
    let changesAlgorithm = isFirst && algorithm != connection.session.algorithm
    let known = memory.difficulty(of: identity.user, algorithm: algorithm, at: now())
    let plan = configuration.difficulty(for: algorithm)
    connection.update { session, out in
      session.authorized(
        identity, user: user, algorithm: isFirst ? algorithm : session.algorithm, settings: plan.vardiff,
        fixed: options.difficulty, start: known ?? (changesAlgorithm ? plan.start : nil), reply: reply, into: &out)
    }
    guard isFirst else { return }
    connection.pass = connection.pass.map { entrance.authorized($0) }
    connection.label = configuration.minerRules.label(identity, at: connection.remoteAddress, own: options.label)
    noticePlain(connection)
    if connection.session.seat == nil {
      // A login, or an authorize that came before its subscribe was answered.
      if case .waiting = connection.session.phase, !offerSeat(to: connection) {
        stranded[connection.number] = connection
      }
    } else if changesAlgorithm || connection.source == nil {
      rehouse(connection)
    } else {
      enter(connection)
    }
  }

  // MARK: algorithm

  /// Why a miner's wish cannot be met, in words for it.
  struct Unserved: Error {
    let sentence: String
  }

  /// What the miner's name says, else its password, else its program; else what the listener serves.
  private func algorithm(
    for connection: MinerConnection, named: Algorithm?, _ options: PasswordOptions
  ) throws(Unserved) -> Algorithm {
    if named == nil, let unknown = options.unknownAlgorithm { throw unserved(unknown) }
    let agent = connection.session.userAgent
    let wanted = named ?? options.algorithm ?? Algorithm(mentionedIn: agent)
    if let wanted {
      guard serves(wanted) else { throw unserved(wanted.rawValue) }
      return wanted
    }
    if let guess = Algorithm(userAgent: agent), serves(guess) { return guess }
    guard serves(configuration.algorithm) else { throw unserved(configuration.algorithm.rawValue) }
    return configuration.algorithm
  }

  private func unserved(_ wanted: String) -> Unserved {
    let served = Set(sources.map(\.algorithm.rawValue)).sorted().joined(separator: ", ")
    return Unserved(
      sentence: "No pool here serves \(wanted); served: \(served). Name one in the password (a=NAME) or after the user "
        + "name (ADDRESS.worker+NAME)")
  }

  // MARK: login

  /// The same in one step, for miners that come with `login`.
  func login(_ connection: MinerConnection, _ request: LoginRequest, reply: UInt32) {
    var options = PasswordOptions(request.password)
    if options.algorithm == nil { options.prefer(request.algorithms) }
    authorize(connection, user: request.user, options, reply: reply)
  }
}
