import NIOCore
import Orchestrator
import Stratum

/// How a connection behaves: from the door to the last word.
extension Shard {
  /// How long nothing of a connection is read when its score says so.
  static let slowSeconds = 30.0
  /// A connection's accepted shares are told to the gate this often.
  private static let praiseSeconds = 60.0

  // MARK: door

  /// - Returns: `false` when it was closed: it was told why.
  func admit(_ connection: MinerConnection) -> Bool {
    guard let address = connection.address else { return true }
    do throws(Entrance.Refusal) {
      connection.pass = try entrance.enter(address, at: now())
      return true
    } catch {
      connectionCounts.refused += 1
      connection.close(error.reason, saying: error.sentence)
      return false
    }
  }

  /// It was let in by the process image before.
  func tookOver(_ connection: MinerConnection) {
    guard let address = connection.address else { return }
    let pass = entrance.takeOver(address, at: now())
    connection.pass = connection.session.phase == .authorized ? entrance.authorized(pass) : pass
  }

  func leave(_ connection: MinerConnection) {
    if let pass = connection.pass { entrance.left(pass) }
    connection.pass = nil
    guard let address = connection.address, connection.session.accepted == 0, connection.endedByPeer else { return }
    entrance.gate.note(.fruitlessConnection, from: address, name: connection.session.identity?.user)
  }

  /// Somebody was banned since: whoever is here and meant by it goes.
  func closeBanned() {
    let edition = entrance.gate.edition
    guard edition != gateEdition else { return }
    gateEdition = edition
    for connection in Array(connections.values) {
      guard let address = connection.address else { continue }
      let name = connection.session.identity?.user
      if let sentence = entrance.gate.refusal(of: address)
        ?? name.flatMap({ entrance.gate.refusal(of: $0, at: address) })
      {
        connection.close(.banned, saying: sentence)
      }
    }
  }

  /// When all seats at the door are taken. First who has not said who it is, then who has never had a share accepted,
  /// each in the order in which they came; never a miner that mines.
  /// - Returns: whether there is room for one more.
  func makeRoom() -> Bool {
    let now = now()
    let idle = connections.values.filter { $0.session.accepted == 0 }
    func oldest(olderThan seconds: Double, _ isMeant: (MinerConnection) -> Bool) -> MinerConnection? {
      idle.filter { isMeant($0) && now.seconds(since: $0.session.connectedAt) > seconds }
        .min { $0.session.connectedAt < $1.session.connectedAt }
    }
    let rules = configuration.shedding
    let leaves =
      oldest(olderThan: rules.unauthorizedSeconds) { $0.session.phase != .authorized }
      ?? oldest(olderThan: rules.shareless) { $0.session.phase == .authorized }
    leaves?.close(.madeRoom)
    return leaves != nil
  }

  // MARK: conduct

  func accepted(_ connection: MinerConnection, at now: MonotonicTime) {
    connection.conduct.accepted(configuration.conduct, at: now)
    guard let address = connection.address, let name = connection.session.identity?.user,
      connection.praisedAt.map({ now.seconds(since: $0) >= Self.praiseSeconds }) ?? true
    else { return }
    connection.praisedAt = now
    entrance.gate.accepted(name, from: address)
  }

  func note(_ violation: Violation, of connection: MinerConnection) {
    guard configuration.judgesConduct else { return }
    let now = now()
    let rules = configuration.conduct
    let step = connection.conduct.note(violation, rules, at: now)
    guard step > .none else { return }
    let evidence = connection.conduct.evidence(rules, at: now)
    let told = evidence.map { "\($0.count) × \($0.violation.words)" }.joined(separator: ", ")
    logger.info(
      "a miner breaks the rules",
      metadata: [
        "session_id": "\(connection.number)", "worker": "\(connection.session.identity?.user ?? "")",
        "address": "\(connection.remoteAddress ?? "")", "step": "\(step)", "violations": "\(told)",
      ])
    switch step {
    case .none: break
    case .warn:
      connection.update { _, out in
        MessageWriter.showMessage("Warning: \(told). Much more of that ends this connection", into: &out)
      }
      if connection.session.phase == .authorized { resendJob(to: connection) }
    case .slow: connection.pause(seconds: Self.slowSeconds, because: told)
    case .disconnect:
      connection.close(.misconduct, saying: told)
      guard let address = connection.address else { return }
      entrance.gate.disconnected(connection.session.identity?.user, from: address, for: evidence)
    }
  }

  /// A name that was refused, for what it is or where it comes from.
  func nameRefused(_ name: String, of connection: MinerConnection) {
    guard let address = connection.address else { return }
    entrance.gate.note(.authorizationFailure, from: address, name: name)
  }
}

/// Who goes first when all connections are taken.
public struct SheddingRules: Sendable, Equatable {
  /// Not authorized for so long.
  public var unauthorizedSeconds = 5.0
  /// Authorized, and without an accepted share for so long.
  public var shareless = 600.0

  public init() {}
}
