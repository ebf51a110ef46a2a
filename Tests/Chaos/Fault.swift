/// What can be done to a running pool from outside. The name is what reports and command lines call it.
public enum Fault: String, CaseIterable, Hashable, Sendable {
  // Its process: `kill -9`, SIGTERM, SIGSTOP.
  case killed, terminated, frozen
  // The disk below the share journal.
  case syncFails = "sync_fails"
  case writeCut = "write_cut"
  case diskFull = "disk_full"
  case diskSlow = "disk_slow"
  case databaseGone = "database_gone"
  case databaseHung = "database_hung"
  case databaseCut = "database_cut"
  // The node that it builds on.
  case nodeGone = "node_gone"
  case nodeHung = "node_hung"
  case nodeGarbage = "node_garbage"
  case nodeOldTemplate = "node_old_template"
  case nodeWrongNetwork = "node_wrong_network"
  case nodeReorganises = "node_reorganises"
  // An upstream pool, and the way to it.
  case upstreamGone = "upstream_gone"
  case upstreamHung = "upstream_hung"
  case upstreamGarbage = "upstream_garbage"
  case upstreamSkims = "upstream_skims"
  case upstreamCut = "upstream_cut"
  case upstreamLossy = "upstream_lossy"
  // The wall clock.
  case clockForward = "clock_forward"
  case clockBack = "clock_back"
  // The way between miners and pool.
  case minersCut = "miners_cut"
  case minersStalled = "miners_stalled"
  case minersDeaf = "miners_deaf"
  case minersLossy = "miners_lossy"
  case minersSlow = "miners_slow"

  /// Whose turn it is: two faults of one part never overlap, because the end of one would end the other.
  enum Part: Hashable { case process, disk, database, node, upstream(Int), clock, miners }

  func part(pool: Int) -> Part {
    switch self {
    case .killed, .terminated, .frozen: .process
    case .syncFails, .writeCut, .diskFull, .diskSlow: .disk
    case .databaseGone, .databaseHung, .databaseCut: .database
    case .nodeGone, .nodeHung, .nodeGarbage, .nodeOldTemplate, .nodeWrongNetwork, .nodeReorganises: .node
    case .upstreamGone, .upstreamHung, .upstreamGarbage, .upstreamSkims, .upstreamCut, .upstreamLossy: .upstream(pool)
    case .clockForward, .clockBack: .clock
    case .minersCut, .minersStalled, .minersDeaf, .minersLossy, .minersSlow: .miners
    }
  }

  /// Whether there is something in this world that it can be done to.
  func isPossible(in world: ChaosWorld) -> Bool {
    switch part(pool: 0) {
    case .node: world.node == .bitcoin
    // A file is not gone as long as the process lives, and nobody stands between.
    case .database: world.database == .postgres || self == .databaseHung
    case .process, .disk, .upstream, .clock, .miners: true
    }
  }
}

/// What a run is made of.
public struct ChaosWorld: Equatable, Sendable {
  public enum Database: String, CaseIterable, Sendable { case sqlite, postgres }
  public enum Node: String, CaseIterable, Sendable { case embedded, bitcoin }
  /// Who answers the miners of upstream pools.
  public enum Reply: String, CaseIterable, Sendable { case local, upstream }

  public var database: Database
  public var node: Node
  public var reply: Reply
  /// Miners that may go anywhere prefer the local pool to the upstream ones.
  public var prefersLocal: Bool

  init(database: Database?, using random: inout some RandomNumberGenerator) {
    let chosen = Database.allCases[Int.random(in: 0..<2, using: &random)]
    self.database = database ?? chosen
    node = Node.allCases[Int.random(in: 0..<2, using: &random)]
    reply = Reply.allCases[Int.random(in: 0..<2, using: &random)]
    prefersLocal = Bool.random(using: &random)
  }
}

extension ChaosWorld: CustomStringConvertible {
  public var description: String {
    "\(database.rawValue), \(node.rawValue) node, reply \(reply.rawValue), \(prefersLocal ? "local" : "upstream") first"
  }
}
