import Hashing
import Stratum
import Synchronization
import Testing

@testable import Pool

/// A node whose answers the test sets.
final class ScriptedNode: ChainNode {
  struct Script {
    var height: Result<UInt32, NodeError> = .success(10)
    var template: Result<BlockTemplate, NodeError> = .failure(.notReady("no template"))
    var submit: SubmitResult = .accepted
    var status: Result<HeaderStatus, NodeError> = .success(.notFound)
    var proposal: Result<ProposalResult, NodeError> = .success(.unsupported)
    var script: Result<[UInt8]?, NodeError> = .success(nil)
    var header: Result<[UInt8]?, NodeError> = .success(nil)
    /// Answers nothing at all.
    var isHung = false
  }

  let name: String
  private let script: Mutex<Script>
  private let log = Mutex<[String]>([])

  init(_ name: String, _ script: Script = Script()) {
    self.name = name
    self.script = Mutex(script)
  }

  func set(_ change: (inout Script) -> Void) { script.withLock { change(&$0) } }

  /// The calls so far.
  var calls: [String] { log.withLock { $0 } }

  private func answer<R: Sendable>(
    _ call: String, _ value: (Script) -> Result<R, NodeError>
  ) async throws(NodeError) -> R {
    log.withLock { $0.append(call) }
    let script = script.withLock { $0 }
    if script.isHung { await hang() }
    return try value(script).get()
  }

  private func hang() async {
    // Ends with its task, as a call to a silent machine does.
    do { try await Task.sleep(for: .seconds(3600)) } catch { return }
  }

  func template(for algorithm: Algorithm) async throws(NodeError) -> BlockTemplate {
    try await answer("template") { $0.template }
  }
  func waitForChange(since template: TemplateID) async throws(NodeError) {
    await hang()
    throw .cancelled
  }
  func submit(_ block: [UInt8]) async -> SubmitResult {
    do throws(NodeError) {
      return try await answer("submit") { .success($0.submit) }
    } catch {
      return .unclear(reason: error.description)
    }
  }
  func propose(_ block: [UInt8]) async throws(NodeError) -> ProposalResult {
    try await answer("propose") { $0.proposal }
  }
  func status(of block: Hash256) async throws(NodeError) -> HeaderStatus { try await answer("status") { $0.status } }
  func header(of block: Hash256) async throws(NodeError) -> [UInt8]? { try await answer("header") { $0.header } }
  func height() async throws(NodeError) -> UInt32 { try await answer("height") { $0.height } }
  func scriptPubKey(for address: String) async throws(NodeError) -> [UInt8]? {
    try await answer("script \(address)") { $0.script }
  }
}

/// Several nodes as one.
struct NodesTests {
  static func template(height: UInt32, previous: UInt64 = 1) -> BlockTemplate {
    BlockTemplate(
      algorithm: .sha256d, height: height, version: 0x2000_0000,
      previousBlock: Hash256(number: UInt256(previous)), nBits: 0x207f_ffff, target: .easiest,
      minTime: UnixTime(seconds: 1), curTime: UnixTime(seconds: 2), coinbaseValue: AtomicUnits(100))
  }

  private func ready(_ height: UInt32) -> ScriptedNode.Script {
    ScriptedNode.Script(height: .success(height), template: .success(Self.template(height: height + 1)))
  }

  private func nodes(_ list: [ScriptedNode]) -> BitcoinNodes {
    BitcoinNodes(list, hashes: Kernels(), uptime: { .zero.advanced(bySeconds: 1) }, log: .silent)
  }

  @Test func `the template comes from the highest node, the first of equal ones`() async throws {
    let (a, b, c) = (ScriptedNode("a", ready(10)), ScriptedNode("b", ready(12)), ScriptedNode("c", ready(12)))
    #expect(try await nodes([a, b, c]).template(for: .sha256d).height == 13)
    #expect(a.calls == ["height", "status"])
    #expect(b.calls == ["height", "template"])
    #expect(c.calls == ["height", "status"])
  }

  @Test func `a node that fails is replaced, and asked last for a while`() async throws {
    let (a, b) = (ScriptedNode("a", ready(10)), ScriptedNode("b", ready(10)))
    a.set { $0.template = .failure(.notReady("starting")) }
    let both = nodes([a, b])
    #expect(try await both.template(for: .sha256d).height == 11)
    a.set { $0.template = .success(Self.template(height: 99)) }
    #expect(try await both.template(for: .sha256d).height == 11)
    // Unless nobody else is left.
    b.set { $0.template = .failure(.unauthorized) }
    #expect(try await both.template(for: .sha256d).height == 99)
  }

  /// A header that has the work that its nBits ask for.
  private func mined(nBits: UInt32) throws -> (header: [UInt8], hash: Hash256) {
    let target = try Target(nBits: nBits)
    for nonce in UInt32.min... {
      let header = BlockHeader(
        version: 1, previousBlock: .zero, merkleRoot: .zero, nTime: UnixTime(seconds: 1), nBits: nBits, nonce: nonce)
      let hash = header.bytes.withUnsafeBytes { Kernels().sha256d($0) }
      if target.isMet(by: hash) { return (header.bytes, hash) }
    }
    throw NodeError.notReady("no nonce")
  }

  @Test func `attack 20, fake template: work on a block that no other node knows, and without work, is not mined`()
    async throws
  {
    let time = ManualTime()
    let (liar, honest) = (ScriptedNode("liar", ready(50)), ScriptedNode("honest", ready(10)))
    let both = BitcoinNodes([honest, liar], hashes: Kernels(), uptime: { time.now }, log: .silent)
    // As much as 1,024 hashes; what the liar invents has the work of two.
    var real = Self.template(height: 11, previous: 1)
    real.target = try Target(nBits: 0x1f3f_ffff)
    honest.set { $0.template = .success(real) }
    let cheap = try mined(nBits: 0x207f_ffff)
    var forged = Self.template(height: 51)
    forged.previousBlock = cheap.hash
    liar.set { $0.template = .success(forged) }
    // It may have heard of a block first, and claims to be ahead; others have ten seconds to hear of it.
    #expect(try await both.template(for: .sha256d) == forged)
    for header in [nil, cheap.header, [UInt8](repeating: 0, count: 80), [1]] {
      liar.set { $0.header = .success(header) }
      time.advance(40)
      #expect(try await both.template(for: .sha256d) == real)
    }
    // Another block each time is no way around it.
    forged.previousBlock = Hash256(number: UInt256(77))
    liar.set { $0.template = .success(forged) }
    time.advance(40)
    #expect(try await both.template(for: .sha256d) == real)

    // A node that is ahead of one that stands still shows the work of its block.
    let block = try mined(nBits: 0x1f3f_ffff)
    forged.previousBlock = block.hash
    liar.set { ($0.template, $0.header) = (.success(forged), .success(block.header)) }
    time.advance(40)
    #expect(try await both.template(for: .sha256d) == forged)
    // What another knows needs no proof.
    forged.previousBlock = Hash256(number: UInt256(78))
    liar.set { ($0.template, $0.header) = (.success(forged), .success(nil)) }
    honest.set { $0.status = .success(.inChain(confirmations: 1)) }
    for _ in 0..<3 {
      time.advance(40)
      #expect(try await both.template(for: .sha256d) == forged)
    }
  }

  @Test func `a node that does not say whether it knows a block is not asked about the next ones for a while`()
    async throws
  {
    let time = ManualTime()
    let (a, b) = (ScriptedNode("a", ready(20)), ScriptedNode("b", ready(10)))
    let both = BitcoinNodes([a, b], hashes: Kernels(), uptime: { time.now }, log: .silent)
    b.set { $0.status = .failure(.unauthorized) }
    for (number, asked) in [1, 1, 1, 2].enumerated() {
      a.set { $0.template = .success(Self.template(height: 21 + UInt32(number), previous: UInt64(number) + 1)) }
      time.advance(number == 3 ? 40 : 1)
      #expect(try await both.template(for: .sha256d).height == 21 + UInt32(number))
      #expect(b.calls.count { $0 == "status" } == asked)
    }
  }

  @Test func `when all fail, the reason of the first is told`() async {
    let (a, b) = (ScriptedNode("a"), ScriptedNode("b"))
    b.set { $0.template = .failure(.unauthorized) }
    let both = nodes([a, b])
    await #expect(throws: NodeError.notReady("no template")) { _ = try await both.template(for: .sha256d) }
  }

  @Test(.timeLimit(.minutes(1))) func `a node that hangs does not hold up the others`() async throws {
    let (a, b) = (ScriptedNode("a", ready(20)), ScriptedNode("b", ready(10)))
    a.set { $0.isHung = true }
    #expect(try await nodes([a, b]).template(for: .sha256d).height == 11)
  }

  @Test func `a block goes to every node, and one that takes it is enough`() async {
    let (a, b) = (ScriptedNode("a"), ScriptedNode("b"))
    a.set { $0.submit = .rejected(reason: "no") }
    #expect(await nodes([a, b]).submit([1]) == .accepted)
    #expect(a.calls == ["submit"] && b.calls == ["submit"])
    b.set { $0.submit = .unclear(reason: "timeout") }
    #expect(await nodes([a, b]).submit([1]) == .unclear(reason: "no; timeout"))
    b.set { $0.submit = .rejected(reason: "no") }
    #expect(await nodes([a, b]).submit([1]) == .rejected(reason: "no"))
  }

  @Test func `of two opinions about a block the higher node's counts, if it knows the block`() async throws {
    let (a, b) = (ScriptedNode("a"), ScriptedNode("b"))
    let both = nodes([a, b])
    #expect(try await both.status(of: .zero) == .notFound)
    a.set { ($0.height, $0.status) = (.success(10), .success(.inChain(confirmations: 1))) }
    b.set { $0.height = .success(12) }
    #expect(try await both.status(of: .zero) == .inChain(confirmations: 1))
    b.set { $0.status = .success(.orphaned) }
    #expect(try await both.status(of: .zero) == .orphaned)
    b.set { $0.status = .failure(.unauthorized) }
    #expect(try await both.status(of: .zero) == .inChain(confirmations: 1))
    #expect(try await both.height() == 12)
    a.set { $0.height = .failure(.unauthorized) }
    await #expect(throws: NodeError.self) { _ = try await both.status(of: .zero) }
  }

  @Test(
    arguments: [
      (nil, .accepted), ("duplicate", .accepted), ("inconclusive", .unclear(reason: "inconclusive")),
      ("duplicate-inconclusive", .unclear(reason: "duplicate-inconclusive")),
      ("prev-blk-not-found", .unclear(reason: "prev-blk-not-found")),
      ("time-too-new", .unclear(reason: "time-too-new")), ("high-hash", .rejected(reason: "high-hash")),
      ("duplicate-invalid", .rejected(reason: "duplicate-invalid")),
    ] as [(String?, SubmitResult)])
  func `each answer to submitblock means what BIP 22 says`(answer: String?, result: SubmitResult) {
    #expect(SubmitResult(answer: answer) == result)
  }

  @Test func `an endpoint keeps its credentials out of its name`() throws {
    let endpoint = try NodeEndpoint(url: "http://user:secret@node.example:8332/")
    #expect(endpoint.url == "http://node.example:8332/")
    #expect(endpoint.name == "node.example:8332")
    #expect(endpoint.credentials == .password(user: "user", password: "secret"))
    let cookie = try NodeEndpoint(url: "http://127.0.0.1:8332", cookieFile: "/data/.cookie")
    #expect(cookie.credentials == .cookieFile(path: "/data/.cookie"))
    #expect(throws: NodeEndpoint.Malformed.notHTTP("tcp://x:1")) { try NodeEndpoint(url: "tcp://x:1") }
    #expect(throws: NodeEndpoint.Malformed.noHost("http://")) { try NodeEndpoint(url: "http://") }
  }
}
