import NIOCore
import Stratum

/// What a `FakePool` knows: its jobs, and for each connection which of them it was sent, under what terms.
struct FakePoolState: Sendable {
  struct Connection: Sendable {
    let channel: any Channel
    var extranonce1: [UInt8]
    var isAuthorized = false
    var versionMask: UInt32 = 0
    var toldDifficulty: Double?
    var toldExtranonce1: [UInt8]
    /// Jobs as they were sent to this connection, in order.
    var sent: [(serial: Int, terms: MinerJob)] = []
  }

  struct Job: Sendable {
    let id: String
    let serial: Int
    let block: Int
    let isClean: Bool
  }

  let name: String
  var difficulty: Double
  /// What the coinbase of later jobs pays, in atomic units, and their nBits.
  var reward: UInt64 = 5_000_000_000
  var nBits: UInt32 = 0x1d00_ffff
  /// Every answer waits so long.
  var answerDelay = TimeAmount.zero
  /// Pools of one chain announce the same blocks; a pool is a chain of its own unless told otherwise.
  var chain: UInt8?
  var refusesLogins = false
  /// Of so many good shares the last is refused all the same; 0 for none.
  var refusesEvery = 0
  private var goodShares = 0
  var isHung = false
  var refusal: (code: Int, message: String)?
  var record = FakePoolRecord()
  var connections: [ObjectIdentifier: Connection] = [:]
  private(set) var jobs: [Job] = []
  private var block = 0
  private var nextExtranonce: UInt32 = 0xa000_0000
  private var seen: Set<String> = []
  static let extranonce2ByteCount = 4
  static let mask: UInt32 = 0x1fff_e000

  init(name: String, difficulty: Double) {
    self.name = name
    self.difficulty = difficulty
    addJob(onNewBlock: true, id: nil)
  }

  mutating func addJob(onNewBlock: Bool, id: String?) {
    if onNewBlock { block += 1 }
    let serial = jobs.count
    jobs.append(Job(id: id ?? String(serial + 0x100, radix: 16), serial: serial, block: block, isClean: onNewBlock))
  }

  mutating func connect(_ channel: any Channel) {
    let extranonce1 = takeExtranonce()
    record.connects += 1
    connections[ObjectIdentifier(channel)] =
      Connection(channel: channel, extranonce1: extranonce1, toldExtranonce1: extranonce1)
  }

  private mutating func takeExtranonce() -> [UInt8] {
    nextExtranonce += 1
    return (0..<4).map { UInt8(truncatingIfNeeded: nextExtranonce >> UInt32(24 - 8 * $0)) }
  }

  mutating func changeExtranonces() {
    for id in connections.keys {
      let extranonce1 = takeExtranonce()
      connections[id]?.extranonce1 = extranonce1
    }
  }

  /// What a connection is sent for the present job: changed terms first. Remembers that it was sent.
  mutating func linesForJob(to id: ObjectIdentifier) -> String {
    guard var connection = connections[id], let job = jobs.last else { return "" }
    var lines = ""
    if connection.toldExtranonce1 != connection.extranonce1 {
      let hex = Hex.encode(connection.extranonce1)
      lines += line("mining.set_extranonce", "[\"\(hex)\",\(Self.extranonce2ByteCount)]")
      connection.toldExtranonce1 = connection.extranonce1
    }
    if connection.toldDifficulty != difficulty {
      lines += line("mining.set_difficulty", "[\(difficulty)]")
      connection.toldDifficulty = difficulty
    }
    let parameters = parameters(of: job)
    lines += line("mining.notify", parameters)
    if var terms = JSON(Array(parameters.utf8)).flatMap({ MinerJob(notify: $0) }) {
      terms.extranonce1 = connection.extranonce1
      terms.extranonce2ByteCount = Self.extranonce2ByteCount
      terms.difficulty = difficulty
      terms.versionMask = connection.versionMask
      connection.sent.append((job.serial, terms))
    }
    connections[id] = connection
    return lines
  }

  private func line(_ method: String, _ parameters: String) -> String {
    "{\"id\":null,\"method\":\"\(method)\",\"params\":\(parameters)}\n"
  }

  /// A coinbase of the usual form: height and the pool's name in its input, one output.
  private func parameters(of job: Job) -> String {
    let tag = Array("/\(name)/".utf8)
    let height: [UInt8] = [3, UInt8(truncatingIfNeeded: job.block), UInt8(truncatingIfNeeded: job.block >> 8), 16]
    let serial = Array("\(job.serial)/".utf8)
    let script = height + tag + serial
    let input: [UInt8] = [1, 0, 0, 0, 1] + Array(repeating: 0, count: 32) + [255, 255, 255, 255]
    let coinbase1 = input + [UInt8(script.count + 4 + Self.extranonce2ByteCount)] + script
    let value = (0..<8).map { UInt8(truncatingIfNeeded: reward >> UInt64(8 * $0)) }
    let output = value + [25, 0x76, 0xa9, 20] + Array(repeating: 7, count: 20) + [0x88, 0xac]
    let coinbase2: [UInt8] = [255, 255, 255, 255, 1] + output + [0, 0, 0, 0]
    let previous = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ job.block &+ Int(chain ?? tag[1])) }
    let branch = Hex.encode(Array(repeating: UInt8(truncatingIfNeeded: job.serial), count: 32))
    let bits = Hex.encode(nBits)
    let words = "\"20000000\",\"\(bits)\",\"68000000\""
    return "[\"\(job.id)\",\"\(Hex.encode(previous))\",\"\(Hex.encode(coinbase1))\",\"\(Hex.encode(coinbase2))\","
      + "[\"\(branch)\"],\(words),\(job.isClean)]"
  }

  /// The reason to refuse a share, or `nil`. It is judged by the terms of the job that it names.
  mutating func judge(_ parameters: JSON, from id: ObjectIdentifier) -> (code: Int, message: String)? {
    guard let connection = connections[id], let user = parameters[0].string, let jobID = parameters[1].string,
      let extranonce2 = parameters[2].string.flatMap({ Hex.decode($0) }),
      let nTime = parameters[3].string.flatMap({ UInt32($0, radix: 16) }),
      let nonce = parameters[4].string.flatMap({ UInt32($0, radix: 16) })
    else {
      record.malformed.append("\(parameters)")
      return (20, "malformed")
    }
    let bits = parameters[5].string.flatMap { UInt32($0, radix: 16) }
    let named = connection.sent.filter { $0.terms.id == jobID }
    guard let latest = named.last else {
      record.rejected.append(("unknown job", .init(hash: "", user: user, jobID: jobID, job: -1)))
      return (21, "Job not found")
    }
    // A reused id names the latest job of that name; the earlier ones only explain what a share was meant for.
    let candidates = named.map { sent in
      let hash = sent.terms.hash(
        algorithm: .sha256d, extranonce2: extranonce2, nTime: nTime, nonce: nonce, rolledBits: bits)
      return (sent.serial, sent.terms, hash)
    }
    let (serial, terms, hash) =
      candidates.last { Difficulty(clamping: $1.difficulty).target(for: .sha256d).isMet(by: $2) }
      ?? candidates[candidates.count - 1]
    let share = FakePoolRecord.Share(hash: hash.displayHex, user: user, jobID: jobID, job: serial)
    let target = Difficulty(clamping: terms.difficulty).target(for: .sha256d)
    let answer: (code: Int, message: String)? =
      if let refusal {
        refusal
      } else if extranonce2.count != terms.extranonce2ByteCount {
        (20, "extranonce2 length")
      } else if !target.isMet(by: hash) {
        (23, "Low difficulty share")
      } else if serial != latest.serial {
        (21, "Job id used again")
      } else if jobs[serial].block != block {
        (21, "Stale share")
      } else if !seen.insert(share.hash).inserted {
        (22, "Duplicate share")
      } else {
        nextRefusal()
      }
    if let answer { record.rejected.append((answer.message, share)) } else { record.accepted.append(share) }
    return answer
  }

  /// For a share that is good: `nil`, but of every so many one is refused.
  private mutating func nextRefusal() -> (code: Int, message: String)? {
    guard refusesEvery > 0 else { return nil }
    goodShares += 1
    return goodShares % refusesEvery == 0 ? (20, "Rejected for no reason") : nil
  }
}
