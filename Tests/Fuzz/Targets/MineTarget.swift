import Hashing
import NIOCore

@testable import Proxy
@testable import Stratum
@testable import zion

/// The miner's side of a connection, without threads: each job is taken as far as its search space.
struct MineUnderFuzz {
  private let algorithm: Algorithm
  private var session: UpstreamSession
  private var splitter = LineSplitter()
  private var extranonce: (Extranonce, byteCount: Int)?
  private var out: [UInt8] = []
  private var now = MonotonicTime.zero
  private var key: UInt64 = 0
  private var unanswered: Set<UInt64> = []
  private var job: MiningJob?
  private var isOver = false

  init(_ algorithm: Algorithm) {
    self.algorithm = algorithm
    session = UpstreamSession(
      algorithm: algorithm, credentials: .init(user: "acct.rig", password: "x"), resume: nil, at: now)
    session.connected(at: now, into: &out)
  }

  mutating func run(_ input: [UInt8]) throws(Broken) {
    for step in Script.steps(input) {
      switch step {
      case .bytes(let pieces): for piece in pieces { try receive(piece) }
      case .event(UInt8(ascii: "s")): submit()
      case .event(UInt8(ascii: "t")):
        now = now.advanced(bySeconds: 7)
        if let event = session.ticked(at: now) { try handle(event) }
      case .event: break
      }
      if isOver { break }
    }
    try promise(
      Set(session.unanswered) == unanswered, "\(session.unanswered) have no answer, and \(unanswered) should")
  }

  private mutating func receive(_ piece: ArraySlice<UInt8>) throws(Broken) {
    var lines: [[UInt8]] = []
    do throws(LineSplitter.TooLong) {
      try splitter.feed(ByteBuffer(bytes: piece), limit: { Limits.upstreamLineBytes }) { line in
        lines.append(line.withUnsafeBytes { Array($0) })
        return true
      }
    } catch {
      isOver = true
    }
    for line in lines where !isOver {
      let event: UpstreamSession.Event?
      do throws(MalformedLine) {
        event = session.received(try ServerMessageParser.parse(line), at: now, into: &out)
      } catch {
        event = session.receivedMalformed()
      }
      if let event { try handle(event) }
    }
  }

  private mutating func handle(_ event: UpstreamSession.Event) throws(Broken) {
    switch event {
    case .extranonce(let extranonce1, let size): extranonce = (extranonce1, size)
    case .work(let notice, let target, _):
      guard let (extranonce1, size) = extranonce else { return }
      let job = MiningJob(
        connection: 1, notice: notice, algorithm: algorithm, extranonce1: extranonce1, extranonce2ByteCount: size,
        target: target)
      self.job = job
      try search(job)
    case .answered(let key, _, _):
      try promise(unanswered.remove(key) != nil, "share \(key) was answered twice, or never sent")
    case .failed: isOver = true
    case .target, .reconnect, .message: break
    }
  }

  private func search(_ job: MiningJob) throws(Broken) {
    for counter in [0, 1, UInt64.max] {
      let extranonce2 = job.extranonce2(counter: counter)
      try promise(extranonce2.count == job.extranonce2ByteCount, "extranonce2 of \(extranonce2.count) bytes")
      if job.work.kawpow != nil {
        let nonces = job.nonces(counter: counter, freeByteCount: 3)
        try promise(
          job.extranonce1.isPrefix(of: nonces.lowerBound), "\(nonces) do not begin with \(job.extranonce1.hex)")
      } else {
        try promise(job.header(extranonce2: extranonce2, using: Kernels()) != nil, "a job without a header")
      }
    }
  }

  private mutating func submit() {
    guard let job, session.phase == .working else { return }
    key += 1
    unanswered.insert(key)
    let solution: ShareSubmission.Solution =
      switch job.work.content {
      case .bitcoin(let work):
        .bitcoin(BitcoinSolution(extranonce2: job.extranonce2(counter: key), nTime: work.nTime, nonce: 1))
      case .kawpow(let work): .kawpow(KawPowSolution(nonce: key, headerHash: work.headerHash, mixHash: .zero))
      }
    session.submit(
      key: key, worker: "acct.rig", sourceJobID: job.sourceJobID, solution, at: now, into: &out)
  }
}
