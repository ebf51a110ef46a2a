import Orchestrator
import Stratum

/// The stratum endpoint between two process images: its listening socket, and all that its shards hold.
public struct SavedProxy: Codable, Sendable {
  /// Descriptors are those of the process, which stays the same.
  public var listener: Int32
  var shards: [SavedShard]

  public var shardCount: Int { shards.count }
  public var minerCount: Int { shards.reduce(0) { $0 + $1.miners.count } }

  /// All that must stay open.
  public var sockets: [Int32] {
    [listener] + shards.flatMap { shard in shard.miners.map(\.socket) + shard.sources.values.flatMap(\.sockets) }
  }
}

/// One shard: which miners it has, what was agreed with them, and the jobs by which their late shares are judged.
struct SavedShard: Codable, Sendable {
  var nextConnection: UInt64
  var nextJob: UInt32
  var nextFeed: UInt32
  /// By name.
  var sources: [String: SavedSource]
  /// What jobs ask to be hashed: most are sent many times.
  var works: [Work]
  var jobs: [SavedJob]
  var feeds: [SavedFeed]
  var miners: [SavedMiner]
  var parked: [SavedSeat]
}

struct SavedJob: Codable, Sendable {
  var id: JobID
  var feed: FeedID
  var work: Int
  var sourceJobID: String
  var sourceTarget: Target
  var versionMask: UInt32
  var nTime: UnixTime
}

struct SavedFeed: Codable, Sendable {
  var id: FeedID
  var source: String
  var current: JobID?
  var history: JobFeed.History
}

/// A seat whose miner lost its connection.
struct SavedSeat: Codable, Sendable {
  var sessionID: String
  var source: String
  var seat: Seat
  var until: MonotonicTime
}

struct SavedMiner: Codable, Sendable {
  struct Home: Codable, Sendable {
    var source: String
    var seat: Seat
  }

  var number: UInt64
  var socket: Int32
  var session: MinerSession
  var label: MinerLabel
  var source: String?
  var home: Home?
  var knownAs: String?
  var isMember: Bool
  var isStranded: Bool
  var isAnnounced: Bool
  var reconnectDue: MonotonicTime?
  var conduct: Conduct
  var brake: ShareBrake
  var praisedAt: MonotonicTime?
  var declaredAddress: String?
  var isEncrypted: Bool?
  /// Its first bytes have not come.
  var isAtDoor: Bool
  /// The beginning of a line, and when it came.
  var rest: HexBytes
  var lineBegan: MonotonicTime?
}
