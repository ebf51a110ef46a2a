import FoundationEssentials
import NIOConcurrencyHelpers
import Stratum

/// What came of the mining so far.
struct MineTally: Sendable {
  var accepted = 0
  var rejected = 0
  /// Shares that met the network's target, and were accepted.
  var blocks = 0
  /// Shares found while the connection was gone.
  var lost = 0
  var connects = 0
  var lastRejection: String?
  var difficulty: Difficulty?
  var jobID: String?
  /// Why there is no work just now; `nil` while there is.
  var trouble: String?
}

/// Why mining ends.
enum MineEnd: Error, Sendable, Equatable {
  case finished
  case interrupted
  /// What was wrong and what to do.
  case unusable(String)
}

/// Counts what the connections report, and says when enough is reached.
final class MineProgress: Sendable {
  struct Goal: Sendable {
    var shares: Int?
    var blocks: Int?
  }

  let ends: AsyncStream<MineEnd>
  private let end: AsyncStream<MineEnd>.Continuation
  private let goal: Goal
  private let box = NIOLockedValueBox(MineTally())

  init(goal: Goal) {
    self.goal = goal
    (ends, end) = AsyncStream.makeStream()
  }

  var tally: MineTally { box.withLockedValue { $0 } }

  func update(_ body: (inout MineTally) -> Void) {
    let tally = box.withLockedValue { tally in
      body(&tally)
      return tally
    }
    if let shares = goal.shares, tally.accepted >= shares { finish(.finished) }
    if let blocks = goal.blocks, tally.blocks >= blocks { finish(.finished) }
  }

  /// The first end counts.
  func finish(_ reason: MineEnd) {
    end.yield(reason)
    end.finish()
  }
}

/// The closing account, as text and as one line of JSON.
struct MineSummary: Encodable, Sendable {
  let accepted: Int
  let rejected: Int
  let blocks: Int
  let lost: Int
  let unanswered: Int
  let connects: Int
  let hashes: UInt64
  let seconds: Double
  let hashrate: Double
  let difficulty: Double?
  let lastRejection: String?

  private enum CodingKeys: String, CodingKey {
    case accepted, rejected, blocks, lost, unanswered, connects, hashes, seconds, hashrate, difficulty
    case lastRejection = "last_rejection"
  }

  init(_ tally: MineTally, unanswered: Int, hashes: UInt64, seconds: Double) {
    accepted = tally.accepted
    rejected = tally.rejected
    blocks = tally.blocks
    lost = tally.lost
    connects = tally.connects
    lastRejection = tally.lastRejection
    difficulty = tally.difficulty?.value
    self.unanswered = unanswered
    self.hashes = hashes
    self.seconds = seconds
    hashrate = Hashrate(Double(hashes) / max(seconds, 0.001)).hashesPerSecond
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  var text: String {
    var lines = [
      "\(accepted) accepted, \(rejected) rejected" + (lastRejection.map { " (last: \($0))" } ?? "")
        + (blocks > 0 ? "; \(blocks) of the accepted are blocks" : ""),
      "\(hashes) hashes in \(Decimal.fixed(seconds, decimals: 1)) s: \(Hashrate(hashrate))",
    ]
    if lost + unanswered > 0 { lines.append("\(lost) found while not connected, \(unanswered) not answered") }
    return lines.joined(separator: "\n")
  }
}
