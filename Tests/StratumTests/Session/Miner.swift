import Hashing
import Stratum

/// A miner's side of a session, in lines.
final class Miner {
  var session: MinerSession
  var out: [UInt8] = []

  static let seat = Miner.seat(feed: 7, bytes: [0xaa, 0xbb, 0xcc, 0xdd])
  static let otherSeat = Miner.seat(feed: 8, bytes: [1, 2, 3, 4, 5])
  static let settings = Vardiff.Settings(minimum: Difficulty(clamping: 0.001), maximum: Difficulty(clamping: 1e12))

  init(_ algorithm: Algorithm = .sha256d, start: Double = 1024) {
    session = MinerSession(
      algorithm: algorithm, settings: Self.settings, start: Difficulty(clamping: start), at: .zero)
  }

  static func seat(feed: UInt32, bytes: [UInt8]) -> Seat {
    Seat(
      feed: FeedID(feed), slot: 1, extranonce1: Extranonce(bytes) ?? .empty,
      extranonce2ByteCount: 8 - bytes.count)
  }

  static func job(
    id: UInt32, feed: UInt32 = 7, target: Target = Target(UInt256(1)), mask: UInt32 = MinerSession.rollableMask
  ) -> Job {
    let work = Work(
      previousBlock: .zero, coinbase1: [1], coinbase2: [2], merkleBranches: [], version: 0x2000_0000,
      nBits: 0x1d00_ffff, nTime: UnixTime(seconds: 1000))
    return job(id: id, feed: feed, work, target: target, mask: mask)
  }

  static func kawpowJob(id: UInt32, feed: UInt32 = 7, target: Target = Target(UInt256(1))) -> Job {
    let work = KawPowWork(
      headerHash: GoldenLines.wireHash(GoldenLines.headerHex), seedHash: GoldenLines.wireHash(GoldenLines.seedHex),
      height: 1_234_567)
    return job(id: id, feed: feed, Work(work, nBits: 0x1b00_ec12), target: target, mask: 0)
  }

  private static func job(id: UInt32, feed: UInt32, _ work: Work, target: Target, mask: UInt32) -> Job {
    Job(
      id: JobID(id), feed: FeedID(feed), work: work, sourceJobID: "x", sourceTarget: target, versionMask: mask,
      nTime: UnixTime(seconds: 1000))
  }

  /// What was written since the last look, without the final newline.
  var hears: String {
    defer { out = [] }
    let text = String(decoding: out, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// The same, a line each.
  var lines: [String] { hears.split(separator: "\n").map(String.init) }

  @discardableResult
  func says(_ line: String) -> SessionAction {
    do throws(MalformedLine) {
      let line = try MessageParser.parse(Array(line.utf8), in: session.algorithm.dialect)
      return session.received(line, at: .zero, into: &out)
    } catch {
      return session.received(malformed: error, into: &out)
    }
  }

  func subscribes(at seat: Seat = Miner.seat) {
    says(#"{"id":1,"method":"mining.subscribe","params":[]}"#)
    session.seated(seat, into: &out)
    out = []
  }

  func authorizes(
    user: String = "acct.rig", as algorithm: Algorithm? = nil, settings: Vardiff.Settings = Miner.settings,
    fixed: Difficulty? = nil, start: Difficulty? = nil
  ) {
    if session.phase == .connected { subscribes() }
    guard
      case .authorize(_, _, let place) = says(
        "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"\(user)\",\"x\"]}")
    else { return }
    session.authorized(
      Self.identity(user), user: user, algorithm: algorithm ?? session.algorithm, settings: settings, fixed: fixed,
      start: start, reply: place, into: &out)
    out = []
  }

  /// Up to the wait for the first job.
  func logsIn(_ line: String = #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"acct.rig"}}"#) {
    guard case .login(let request, let place) = says(line) else { return }
    session.authorized(
      Self.identity(request.user), user: request.user, algorithm: session.algorithm, settings: Self.settings,
      fixed: nil, start: nil, reply: place, into: &out)
  }

  private static func identity(_ user: String) -> MinerIdentity {
    let parts = user.split(separator: ".", maxSplits: 1).map(String.init)
    return MinerIdentity(account: parts.first ?? "", worker: parts.count > 1 ? parts[1] : "")
  }

  func gets(_ job: Job) -> Job {
    session.prepare(for: job, at: .zero, into: &out)
    return job
  }

  /// With the notify itself.
  func isSent(_ job: Job, clean: Bool = true, at now: MonotonicTime = .zero) {
    session.prepare(for: job, at: now, into: &out)
    session.notify(job, clean: clean, using: Kernels(), into: &out)
  }

  func isMoved(to seat: Seat, job: Job) {
    session.move(to: seat, job: job, at: .zero, into: &out)
    session.notify(job, clean: true, using: Kernels(), into: &out)
  }

  func submits(_ job: Job, id: Int) -> SessionAction {
    let values =
      switch job.work.content {
      case .bitcoin: #""00000001","00000000","00000000""#
      case .kawpow:
        "\"0xaabbccdd00000000\",\"0x\(GoldenLines.headerHex)\",\"0x\(GoldenLines.mixHex)\""
      }
    return says(
      "{\"id\":\(id),\"method\":\"mining.submit\",\"params\":[\"acct.rig\",\"\(Hex.encode(job.id.value))\",\(values)]}")
  }
}
