import Glibc
import Hashing
import Stratum

/// One connection that floods KawPow shares, as a program of its own: started by `FloodBenchmark`, ended from outside.
public enum KawPowFlood {
  public enum Kind: String, Sendable {
    /// Ten thousand a second that look right, with mix hashes that are made up.
    case junk
    /// Real ones, found before the flood begins, as many a second as keep a verifier busy.
    case real

    var perSecond: Double {
      switch self {
      case .junk: 10_000
      case .real: 200
      }
    }
  }

  /// What it prints when the flood begins.
  static let beginning = "flooding"
  private static let realShares = 1000

  /// Floods until the server closes the connection or the process is ended.
  public static func run(_ kind: Kind, port: UInt16, user: String) throws(BenchError) {
    var link = try BlockingLink(port: port)
    try link.send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"kawpowminer/bench\"]}\n")
    try link.send("{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"\(user).flood\",\"x\"]}\n")
    let (prefix, job) = try hear(&link)
    let bursts = kind == .junk ? junk(job, prefix, user) : try real(job, prefix, user)
    let line = Array((beginning + "\n").utf8)
    _ = write(1, line, line.count)
    let start = Clock.now
    var sent = 0
    while true {
      let burst = bursts[sent % bursts.count]
      sent += 1
      try link.sendAll(burst.bytes)
      try link.drain()
      let due = start.advanced(bySeconds: Double(sent * burst.shares) / kind.perSecond)
      let ahead = due.seconds(since: Clock.now)
      if ahead > 0 { usleep(UInt32(ahead * 1e6)) }
    }
  }

  private struct Burst {
    let bytes: [UInt8]
    let shares: Int
  }

  private static func junk(_ job: JobNotice, _ prefix: Extranonce, _ user: String) -> [Burst] {
    var random = SystemRandomNumberGenerator()
    return (0..<50).map { _ in
      var bytes: [UInt8] = []
      for _ in 0..<100 {
        let mix = Hash256(number: UInt256(random.next(), random.next(), random.next(), random.next()))
        append(job, nonce: nonce(prefix, random.next()), mix: mix, user, to: &bytes)
      }
      return Burst(bytes: bytes, shares: 100)
    }
  }

  /// None of them is a block: new work for everybody would disturb what is measured.
  private static func real(_ job: JobNotice, _ prefix: Extranonce, _ user: String) throws(BenchError) -> [Burst] {
    guard let work = job.work.kawpow, let target = job.target, let epoch = KawPowEpoch(height: work.height),
      let cache = KawPowCache.build(epoch, isCancelled: { false }, progress: { _ in })
    else { throw .server("a job that is not KawPow's") }
    let search = KawPowSearch(header: work.headerHash, height: work.height, cache: cache)
    var next = nonce(prefix, 0)
    var bursts: [Burst] = []
    while bursts.count < realShares {
      guard let found = search.first(in: next..<next + 1_000_000, meeting: target) else { break }
      next = found.nonce + 1
      guard !job.work.networkTarget.isMet(by: found.hash) else { continue }
      var bytes: [UInt8] = []
      append(job, nonce: found.nonce, mix: found.mix, user, to: &bytes)
      bursts.append(Burst(bytes: bytes, shares: 1))
    }
    return bursts
  }

  private static func nonce(_ prefix: Extranonce, _ rest: UInt64) -> UInt64 {
    let bits = UInt64(8 * prefix.count)
    let head = prefix.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return head << (64 - bits) | rest & (UInt64.max >> bits)
  }

  private static func append(
    _ job: JobNotice, nonce: UInt64, mix: Hash256, _ user: String, to bytes: inout [UInt8]
  ) {
    guard let work = job.work.kawpow else { return }
    let solution = KawPowSolution(nonce: nonce, headerHash: work.headerHash, mixHash: mix)
    MessageWriter.submit(id: 40, user: "\(user).flood", jobID: job.jobID, solution, into: &bytes)
  }

  /// The prefix and the first job.
  private static func hear(_ link: inout BlockingLink) throws(BenchError) -> (Extranonce, JobNotice) {
    var prefix: Extranonce?
    while true {
      let line = try link.line()
      guard let message = try? ServerMessageParser.parse(line) else { throw .server("a line that is no message") }
      switch message {
      case .response(_, .success(.subscription(_, let extranonce, _))): prefix = extranonce
      case .response(_, .failure(_, let words)): throw .server("refused a KawPow miner: \(words)")
      case .notify(let notice):
        guard let prefix else { throw .server("a job before the answer to subscribe") }
        return (prefix, notice)
      default: break
      }
    }
  }
}

/// A socket that is written to and read from in turn, by one thread.
private struct BlockingLink: ~Copyable {
  private let socket: Int32
  private var received: [UInt8] = []

  init(port: UInt16) throws(BenchError) { socket = try Self.connected(to: port) }

  private static func connected(to port: UInt16) throws(BenchError) -> Int32 {
    let socket = try Loopback.connect(to: port)
    var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
    guard Glibc.poll(&poll, 1, 10_000) == 1 else {
      Loopback.abandon(socket)
      throw .timeout(waitingFor: "the server", seconds: 10)
    }
    // From here on calls wait, but for those that say MSG_DONTWAIT.
    let flags = fcntl(socket, F_GETFL)
    _ = fcntl(socket, F_SETFL, flags & ~O_NONBLOCK)
    return socket
  }

  deinit { Loopback.abandon(socket) }

  func send(_ text: String) throws(BenchError) { try sendAll(Array(text.utf8)) }

  func sendAll(_ bytes: [UInt8]) throws(BenchError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        Glibc.send(socket, raw.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw .server("closed the connection that floods") }
      sent += count
    }
  }

  /// Reads away what has come.
  func drain() throws(BenchError) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket, &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count == 0 { throw .server("closed the connection that floods") }
      guard count > 0 else { return }
    }
  }

  mutating func line() throws(BenchError) -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      if let end = received.firstIndex(of: 10) {
        defer { received.removeFirst(end + 1) }
        return Array(received[..<end])
      }
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { throw .server("closed the connection that floods") }
      received += chunk[..<count]
    }
  }
}
