import Hashing
import NIOEmbedded
import Stratum

@testable import Proxy

/// A GPU miner as kawpowminer is: of what it reads at once it takes the first notify only, and it knows neither
/// `client.reconnect` nor, unless it says so, `mining.set_extranonce`.
final class KawPowMiner: ModelClient {
  struct Job {
    let id: String
    let work: KawPowWork
    /// In the notify, and what `mining.set_target` had said last before it.
    let target: Target?
    let toldTarget: Target?
    let prefix: Extranonce
    let isClean: Bool
  }

  struct Share {
    let nonce: UInt64
    let mix: Hash256
    /// What the two give, whether the mix is right or not.
    let hash: Hash256
  }

  let connection: MinerConnection
  let socket: ModelSocket
  private(set) var prefix = Extranonce.empty
  private(set) var target: Target?
  private(set) var jobs: [Job] = []
  private(set) var answers: [ServerMessage.Response] = []
  private(set) var methods: [String] = []
  /// What was flushed, line by line.
  private(set) var flushes: [[Substring]] = []
  private var counter: UInt64 = 0

  init(_ connection: MinerConnection, loop: EmbeddedEventLoop, address: String = "127.0.0.1") {
    self.connection = connection
    socket = ModelSocket(connection, loop: loop, address: address)
  }

  var isOpen: Bool { socket.isOpen }
  var source: String? { connection.source?.name }
  var mostNotifiesInOneFlush: Int { flushes.map { $0.count { $0.contains(#""mining.notify""#) } }.max() ?? 0 }

  func read() {
    for lines in socket.read() {
      flushes.append(lines)
      var hasJob = false
      for line in lines {
        guard let message = try? ServerMessageParser.parse(line.utf8) else { continue }
        if case .notify = message {
          if hasJob { continue }
          hasJob = true
        }
        received(message)
      }
    }
  }

  private func received(_ message: ServerMessage) {
    switch message {
    case .response(_, .success(.subscription(_, let prefix, _))), .setExtranonce(let prefix, _):
      self.prefix = prefix
      methods.append("prefix")
    case .setTarget(let target):
      self.target = target
      methods.append("target")
    case .notify(let notice):
      guard let work = notice.work.kawpow else { return methods.append("foreign job") }
      methods.append(notice.cleanJobs ? "clean" : "notify")
      jobs.append(
        Job(
          id: notice.jobID, work: work, target: notice.target, toldTarget: target, prefix: prefix,
          isClean: notice.cleanJobs))
    case .reconnect: methods.append("reconnect")
    case .response(_, let response): answers.append(response)
    default: break
    }
  }

  /// A share whose mix is what the nonce gives: some milliseconds.
  func solve(_ job: Job, using cache: KawPowCache) -> Share {
    let search = KawPowSearch(header: job.work.headerHash, height: job.work.height, cache: cache)
    let nonce = nextNonce(job)
    let (mix, hash) = search.hash(nonce: nonce)
    return Share(nonce: nonce, mix: mix, hash: hash)
  }

  /// A share whose mix is invented, and whose hash, if the mix were right, meets `target` or does not.
  func invent(_ job: Job, meeting target: Target, _ meets: Bool = true) -> Share {
    while true {
      let nonce = nextNonce(job)
      let mix = Hash256(number: UInt256(nonce, 1, 2, 3))
      let hash = KawPow.finalHash(header: job.work.headerHash, nonce: nonce, mix: mix)
      if target.isMet(by: hash) == meets { return Share(nonce: nonce, mix: mix, hash: hash) }
    }
  }

  private func nextNonce(_ job: Job) -> UInt64 {
    counter += 1
    let shift = UInt64(64 - 8 * job.prefix.count)
    return job.prefix.bytes.reduce(0) { $0 << 8 | UInt64($1) } << shift | counter
  }

  func submit(_ share: Share, of job: Job, user: String = "acct.rig") {
    let solution = KawPowSolution(nonce: share.nonce, headerHash: job.work.headerHash, mixHash: share.mix)
    var line: [UInt8] = []
    MessageWriter.submit(id: 9, user: user, jobID: job.id, solution, into: &line)
    socket.send(String(decoding: line.dropLast(), as: UTF8.self))
  }
}
