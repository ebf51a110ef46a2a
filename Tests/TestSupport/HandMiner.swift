import Hashing
import NIOCore
import Stratum

/// A miner of SHA-256d that does nothing by itself: a test searches with it, and writes its lines by hand.
public final class HandMiner: Sendable {
  public let connection: RawConnection
  public let user: String

  /// What a share stands for.
  public struct Solution: Sendable {
    public let job: String
    public let extranonce2: [UInt8]
    public let nTime: UInt32
    public let nonce: UInt32
    public let hash: Hash256
  }

  /// Logs in, and waits for a job.
  /// - Parameter address: of this machine, that it connects from.
  public init(port: Int, user: String, from address: String? = nil, on group: any EventLoopGroup) async throws {
    self.user = user
    connection = try await RawConnection(port: port, from: address, on: group)
    connection.send(line: #"{"id":1,"method":"mining.subscribe","params":["hand"]}"#)
    connection.send(line: #"{"id":2,"method":"mining.authorize","params":["\#(user)","x"]}"#)
    try await eventually("a job for \(user)", detail: { "\(self.connection.lines)" }) { self.job != nil }
  }

  /// The newest job, with what was said before it.
  public var job: MinerJob? {
    var found: MinerJob?
    var (extranonce1, size, difficulty) = ([UInt8](), 0, 0.0)
    for message in connection.messages {
      if message["id"].int == 1, let bytes = message["result"][1].string.flatMap({ Hex.decode($0) }) {
        (extranonce1, size) = (bytes, message["result"][2].int ?? 0)
      } else if message["method"].string == "mining.set_difficulty" {
        difficulty = message["params"][0].double ?? 0
      } else if message["method"].string == "mining.notify" {
        guard var job = MinerJob(notify: message["params"]) else { continue }
        (job.extranonce1, job.extranonce2ByteCount, job.difficulty) = (extranonce1, size, difficulty)
        found = job
      }
    }
    return found
  }

  /// The first share of a job whose hash meets its difficulty; for a block, the network's target as well.
  /// - Parameter seed: another one is another share.
  public func solve(_ job: MinerJob, seed: UInt8 = 0xab, isBlock: Bool = false) throws -> Solution {
    let own = Difficulty(clamping: job.difficulty).target(for: .sha256d)
    let target = isBlock ? min(own, try Target(nBits: job.nBits)) : own
    let extranonce2 = [UInt8](repeating: seed, count: job.extranonce2ByteCount)
    var header = job.header(extranonce2: extranonce2, rolledBits: job.version)
    let kernels = Kernels()
    for nonce in UInt32(0xabc0_0000)... {
      header.withUnsafeMutableBytes { $0.storeBytes(of: nonce.littleEndian, toByteOffset: 76, as: UInt32.self) }
      let hash = header.withUnsafeBytes { kernels.proofOfWork(.sha256d, header: $0) }
      guard target.isMet(by: hash) else { continue }
      return Solution(job: job.id, extranonce2: extranonce2, nTime: job.nTime, nonce: nonce, hash: hash)
    }
    throw TimedOut(description: "no share in any nonce")
  }

  /// Sends `mining.submit` with these words.
  public func submit(id: Int, _ words: [String]) {
    let text = ([user] + words).map { "\"\($0)\"" }.joined(separator: ",")
    connection.send(line: "{\"id\":\(id),\"method\":\"mining.submit\",\"params\":[\(text)]}")
  }

  public func submit(id: Int, _ share: Solution) {
    submit(id: id, [share.job, Hex.encode(share.extranonce2), Hex.encode(share.nTime), Hex.encode(share.nonce)])
  }

  /// The answer to a request.
  public func answer(to id: Int) async throws -> JSON {
    try await eventually("the answer to \(id)", detail: { "\(self.connection.lines)" }) {
      self.connection.messages.contains { $0["id"].int == id }
    }
    return connection.messages.first { $0["id"].int == id } ?? .null
  }
}
