import Hashing
import NIOEmbedded
import Stratum

@testable import Proxy

/// A miner that does what the lines say, as a real one would.
final class ModelMiner: ModelClient {
  struct Job {
    let notice: JobNotice
    let extranonce1: Extranonce
    let extranonce2ByteCount: Int
    var work: BitcoinWork? { notice.work.bitcoin }
  }

  let connection: MinerConnection
  let socket: ModelSocket
  private(set) var extranonce1 = Extranonce.empty
  private(set) var extranonce2ByteCount = 0
  private(set) var jobs: [Job] = []
  private(set) var answers: [ServerMessage.Response] = []
  private(set) var methods: [String] = []
  private(set) var wasAskedToReconnect = false
  /// What it was shown, to be read by people.
  private(set) var shown: [String] = []
  private var counter: UInt64 = 0

  init(_ connection: MinerConnection, loop: EmbeddedEventLoop, address: String = "127.0.0.1") {
    self.connection = connection
    socket = ModelSocket(connection, loop: loop, address: address)
  }

  var isOpen: Bool { socket.isOpen }
  var isAuthorized: Bool { connection.session.phase == .authorized }
  var source: String? { connection.source?.name }

  func send(_ line: String) { socket.send(line) }

  func disconnect() { socket.close() }

  func read() {
    for line in socket.read().joined() {
      guard let message = try? ServerMessageParser.parse(line.utf8) else { continue }
      received(message)
    }
  }

  private func received(_ message: ServerMessage) {
    switch message {
    case .response(_, .success(.subscription(_, let extranonce, let size))), .setExtranonce(let extranonce, let size):
      (extranonce1, extranonce2ByteCount) = (extranonce, size ?? 8 - extranonce.count)
      methods.append("extranonce")
    case .notify(let notice):
      methods.append(notice.cleanJobs ? "clean" : "notify")
      jobs.append(Job(notice: notice, extranonce1: extranonce1, extranonce2ByteCount: extranonce2ByteCount))
    case .setDifficulty: methods.append("difficulty")
    case .setVersionMask: methods.append("mask")
    case .showMessage(let text): shown.append(text)
    case .reconnect: wasAskedToReconnect = true
    case .response(_, let response): answers.append(response)
    default: break
    }
  }

  /// Submits a share for the newest job whose time is out of range.
  func submitWrong() {
    counter += 1
    guard let job = jobs.last, let low = Extranonce(counter, byteCount: min(8, job.extranonce2ByteCount)) else {
      return
    }
    send(
      "{\"id\":9,\"method\":\"mining.submit\",\"params\":[\"acct.rig\",\"\(job.notice.jobID)\",\"\(low.hex)\","
        + "\"00000001\",\"00000000\"]}")
  }

  /// Submits a share for a job, and returns the header that the miner hashed for it.
  func submit(_ job: Job, user: String = "acct.rig") -> BlockHeader? {
    counter += 1
    guard let low = Extranonce(counter, byteCount: min(8, job.extranonce2ByteCount)), let work = job.work else {
      return nil
    }
    let kernels = Kernels()
    let coinbase = work.coinbase1 + job.extranonce1.bytes + low.bytes + work.coinbase2
    let root = MerkleRoot.fold(
      coinbase.withUnsafeBytes { kernels.sha256d($0) }, work.merkleBranches, using: kernels)
    let header = BlockHeader(
      version: work.version, previousBlock: work.previousBlock, merkleRoot: root,
      nTime: work.nTime, nBits: job.notice.nBits, nonce: UInt32(truncatingIfNeeded: counter))
    send(
      "{\"id\":9,\"method\":\"mining.submit\",\"params\":[\"\(user)\",\"\(job.notice.jobID)\",\"\(low.hex)\","
        + "\"\(Hex.encode(header.nTime.seconds))\",\"\(Hex.encode(header.nonce))\"]}")
    return header
  }
}
