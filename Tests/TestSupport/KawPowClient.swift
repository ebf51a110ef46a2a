import Hashing
import NIOCore
import Stratum

/// A KawPow miner as kawpowminer is one: it believes every line, searches on the light cache, and sends whole nonces.
public final class KawPowClient: Sendable {
  public let connection: RawConnection
  public let user: String

  /// A job as it came, with the prefix that held then.
  public struct Job: Sendable {
    public let id: String
    public let headerHash: Hash256
    public let seedHash: Hash256
    public let target: Target
    public let height: UInt32
    public let nBits: UInt32
  }

  public init(port: Int, user: String, agent: String = "kawpowminer/1.2.4", on group: any EventLoopGroup) async throws {
    self.user = user
    connection = try await RawConnection(port: port, on: group)
    connection.send(line: #"{"id":1,"method":"mining.subscribe","params":["\#(agent)"]}"#)
    connection.send(line: #"{"id":3,"method":"mining.authorize","params":["\#(user)","x"]}"#)
  }

  /// The answer to subscribe, whose second element is the prefix of every nonce.
  public var prefix: [UInt8]? {
    let answer = connection.messages.first { $0["id"].int == 1 && !$0["result"].array.isEmpty }
    return answer.flatMap { $0["result"][1].string }.flatMap { Hex.decode($0) }
  }

  public var job: Job? {
    guard let notify = connection.messages.last(where: { $0["method"].string == "mining.notify" })?["params"],
      let id = notify[0].string, let header = hash(notify[1]), let seed = hash(notify[2]),
      let target = notify[3].string.flatMap({ UInt256(hex: $0) }), let height = notify[5].int,
      let nBits = notify[6].string.flatMap({ UInt32($0, radix: 16) })
    else { return nil }
    return Job(
      id: id, headerHash: header, seedHash: seed, target: Target(target), height: UInt32(height), nBits: nBits)
  }

  /// The target that `mining.set_target` told last.
  public var toldTarget: Target? {
    let told = connection.messages.last { $0["method"].string == "mining.set_target" }
    return told.flatMap { $0["params"][0].string }.flatMap { UInt256(hex: $0) }.map { Target($0) }
  }

  /// Waits for prefix and job.
  public func waitForJob() async throws -> (prefix: [UInt8], job: Job) {
    try await eventually("a KawPow job for \(user)", detail: { "\(self.connection.lines)" }) {
      self.prefix != nil && self.job != nil
    }
    guard let prefix, let job else { throw TimedOut(description: "the job went away") }
    return (prefix, job)
  }

  /// The first nonce with the prefix that meets the target; `skip` of the free part are passed over.
  public func search(_ job: Job, prefix: [UInt8], cache: KawPowCache, skip: UInt64 = 0) -> KawPowSearch.Found? {
    let first = prefix.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << UInt64(64 - 8 * prefix.count) + skip
    let search = KawPowSearch(header: job.headerHash, height: job.height, cache: cache)
    return search.first(in: first..<first + 100_000, meeting: job.target)
  }

  /// Sends a share as request `id`, and waits for its answer.
  public func submit(
    _ job: Job, id: Int, nonce: UInt64, mix: Hash256, header: Hash256? = nil
  ) async throws -> JSON {
    send(job, id: id, nonce: nonce, mix: mix, header: header)
    try await eventually("the answer to share \(id) of \(user)", detail: { "\(self.connection.lines.suffix(3))" }) {
      self.connection.messages.contains { $0["id"].int == id }
    }
    return connection.messages.first { $0["id"].int == id } ?? connection.messages[0]
  }

  public func send(_ job: Job, id: Int, nonce: UInt64, mix: Hash256, header: Hash256? = nil) {
    connection.send(line: line(job, id: id, nonce: nonce, mix: mix, header: header))
  }

  /// A share as kawpowminer writes it.
  public func line(_ job: Job, id: Int, nonce: UInt64, mix: Hash256, header: Hash256? = nil) -> String {
    let digits = Hex.encode(UInt32(truncatingIfNeeded: nonce >> 32)) + Hex.encode(UInt32(truncatingIfNeeded: nonce))
    let (header, mix) = (Hex.encode((header ?? job.headerHash).bytes), Hex.encode(mix.bytes))
    return "{\"id\":\(id),\"jsonrpc\":\"2.0\",\"method\":\"mining.submit\",\"params\":[\"\(user)\",\"\(job.id)\","
      + "\"0x\(digits)\",\"0x\(header)\",\"0x\(mix)\"],\"worker\":\"rig\"}"
  }

  private func hash(_ value: JSON) -> Hash256? {
    value.string.flatMap { Hex.decode($0) }.flatMap { Hash256(bytes: $0) }
  }

  /// The cache of the first epoch: half a second of one core.
  public static func firstCache() throws -> KawPowCache {
    guard let epoch = KawPowEpoch(height: 0),
      let cache = KawPowCache.build(epoch, isCancelled: { false }, progress: { _ in })
    else { throw TimedOut(description: "no memory for a KawPow cache") }
    return cache
  }
}
