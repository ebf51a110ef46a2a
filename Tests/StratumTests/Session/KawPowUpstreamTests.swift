import Stratum
import Testing

@Suite struct KawPowUpstreamTests {
  private static let target = Target(UInt256(hex: GoldenLines.targetHex) ?? .zero)

  private func subscribed(_ prefix: String) -> (pool: Upstream, event: UpstreamSession.Event?) {
    let pool = Upstream(.kawpow)
    pool.out = []
    return (pool, pool.says(#"{"id":1,"result":[null,"\#(prefix)"],"error":null}"#))
  }

  private func working() -> Upstream {
    let (pool, _) = subscribed("6429")
    _ = pool.says(#"{"id":2,"result":null,"error":[20,"Unknown method",null]}"#)
    _ = pool.says(#"{"id":3,"result":true,"error":null}"#)
    pool.out = []
    return pool
  }

  private func notify(_ pool: Upstream, target: String = GoldenLines.targetHex) -> UpstreamSession.Event? {
    pool.says(
      #"{"id":null,"method":"mining.notify","params":["2f1a","\#(GoldenLines.headerHex)","\#(GoldenLines.seedHex)","#
        + #""\#(target)",true,1234567,"1b00ec12"]}"#)
  }

  @Test func `a handshake subscribes, asks for extranonces and authorizes, and configures nothing`() {
    let pool = Upstream(.kawpow)
    #expect(
      pool.hears == #"{"id":1,"method":"mining.subscribe","params":["zion-proxy/1.0 (kawpow)"]}"# + "\n")
    #expect(
      pool.says(#"{"id":1,"result":[null,"64290b"],"error":null}"#)
        == .extranonce(GoldenLines.prefix, extranonce2ByteCount: 5))
    #expect(
      pool.hears == #"{"id":2,"method":"mining.extranonce.subscribe","params":[]}"# + "\n"
        + #"{"id":3,"method":"mining.authorize","params":["acct","x"]}"# + "\n")
    #expect(pool.says(#"{"id":2,"result":null,"error":"Method not found"}"#) == nil)
    #expect(pool.session.phase == .authorizing)
    #expect(pool.says(#"{"id":3,"result":true,"error":null}"#) == nil)
    #expect(pool.session.phase == .working)
    #expect(pool.hears == "")
  }

  @Test(arguments: 0...8) func `a prefix leaves two bytes at least, or is of no use`(count: Int) {
    let digits = String("64290b0102030405".prefix(2 * count))
    let prefix = Hex.decode(digits).flatMap { Extranonce($0) } ?? .empty
    let (pool, event) = subscribed(digits)
    if count <= 6 {
      #expect(event == .extranonce(prefix, extranonce2ByteCount: 8 - count))
    } else {
      #expect(event == .failed(.unusableExtranonce(8 - count)))
      #expect(pool.session.phase == .failed)
    }
  }

  @Test func `what the pool says of the bytes that are left does not count`() {
    let pool = Upstream(.kawpow)
    #expect(
      pool.says(#"{"id":1,"result":[[["mining.notify","5e"]],"64290b",4],"error":null}"#)
        == .extranonce(GoldenLines.prefix, extranonce2ByteCount: 5))
    #expect(pool.session.sessionID == "5e")
  }

  @Test func `another prefix later is judged the same way`() {
    let pool = working()
    #expect(
      pool.says(#"{"id":null,"method":"mining.set_extranonce","params":["64290b"]}"#)
        == .extranonce(GoldenLines.prefix, extranonce2ByteCount: 5))
    #expect(
      pool.says(#"{"id":null,"method":"mining.set_extranonce","params":["64290b01020304"]}"#)
        == .failed(.unusableExtranonce(1)))
  }

  @Test func `a job's own target is the one to go by, and stays`() throws {
    let pool = working()
    let other = Difficulty(clamping: 4).target(for: .kawpow)
    #expect(
      pool.says(#"{"id":null,"method":"mining.set_target","params":["\#(other.number.hex)"]}"#) == .target(other))
    #expect(notify(pool) == .work(GoldenLines.kawpowNotice, target: Self.target, versionMask: 0))
    #expect(notify(pool, target: other.number.hex)?.target == other)
    #expect(notify(pool)?.target == Self.target)
  }

  @Test func `a job that came before the answer to authorize counts`() {
    let (pool, _) = subscribed("6429")
    #expect(notify(pool)?.target == Self.target)
  }

  @Test func `jobs of the other dialect end the link with words, both ways`() {
    let kawpow = working()
    #expect(kawpow.notifies("a") == .failed(.wrongDialect(.kawpow)))
    #expect(kawpow.session.phase == .failed)
    let bitcoin = Upstream()
    bitcoin.works()
    #expect(notify(bitcoin) == .failed(.wrongDialect(.sha256d)))
    #expect(
      UpstreamFailure.wrongDialect(.kawpow).message == "sends jobs that are not kawpow's; check the pool's algorithm")
  }

  @Test func `three malformed jobs end the link`() {
    let pool = working()
    let zero = String(repeating: "0", count: 64)
    #expect(notify(pool, target: zero) == nil)
    #expect(notify(pool, target: "00") == nil)
    #expect(notify(pool, target: zero) == .failed(.malformed))
  }

  @Test func `a share is sent as the field writes it, under the job's own name`() throws {
    let pool = working()
    let share = try #require(GoldenLines.kawpowSubmission.kawpow)
    pool.session.submit(
      key: 1, worker: "acct", sourceJobID: "2f1a", .kawpow(share), at: .zero, into: &pool.out)
    #expect(
      pool.hears
        == #"{"id":4,"method":"mining.submit","params":["acct","2f1a","0x64290b0000a1b2c3","0x"#
        + GoldenLines.headerHex + #"","0x"# + GoldenLines.mixHex + #""]}"# + "\n")
    #expect(
      pool.says(#"{"id":4,"result":null,"error":[20,"incorrect size of nonce, must be 8 bytes",null]}"#)
        == .answered(
          key: 1, .refused(code: 20, message: "incorrect size of nonce, must be 8 bytes"), seconds: 0))
  }

  @Test(arguments: [
    #"{"id":1,"result":null,"error":[20,"Too many connections",null]}"#, #"{"id":1,"result":true,"error":null}"#,
    #"{"id":1,"result":[],"error":null}"#,
  ])
  func `a subscribe without a prefix ends the link`(answer: String) {
    let pool = Upstream(.kawpow)
    guard case .failed(.subscribeRefused)? = pool.says(answer) else { Issue.record("not refused"); return }
    #expect(pool.session.phase == .failed)
  }
}
