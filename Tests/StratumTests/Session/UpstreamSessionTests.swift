import Stratum
import Testing

@Suite struct UpstreamSessionTests {
  @Test func `a connection configures, subscribes, and authorizes in this order`() {
    let pool = Upstream()
    #expect(pool.hears.contains("mining.configure"))
    #expect(
      pool.says(#"{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}"#) == nil)
    #expect(pool.hears.contains("mining.subscribe"))
    #expect(
      pool.says(#"{"id":2,"result":[[["mining.notify","s1"]],"08000002",8],"error":null}"#)
        == .extranonce(Upstream.extranonce, extranonce2ByteCount: 8))
    let lines = pool.hears
    #expect(lines.contains("mining.extranonce.subscribe") && lines.contains("mining.authorize"))
    _ = pool.says(#"{"id":3,"result":true,"error":null}"#)
    _ = pool.says(#"{"id":4,"result":true,"error":null}"#)
    #expect(pool.session.phase == .working)
    #expect(pool.session.sessionID == "s1")
  }

  @Test func `a refused authorize ends the connection with the pool's words`() {
    let pool = Upstream()
    pool.subscribed()
    _ = pool.says(#"{"id":3,"result":true,"error":null}"#)
    let event = pool.says(#"{"id":4,"result":null,"error":[24,"who are you",null]}"#)
    #expect(event == .failed(.authorizeRefused("who are you (24)")))
  }

  @Test func `answers of a pool with ids of its own are taken in order`() {
    let pool = Upstream()
    pool.works()
    for key in UInt64(1)...3 { pool.submits(key: key) }
    for key in UInt64(1)...3 {
      guard case .answered(let answered, .accepted, _)? = pool.says(#"{"id":4711,"result":true,"error":null}"#) else {
        Issue.record("no answer")
        return
      }
      #expect(answered == key)
    }
  }

  @Test func `answers that come in another order find their share by id`() {
    let pool = Upstream()
    pool.works()
    pool.submits(key: 1)
    pool.submits(key: 2)
    #expect(pool.says(#"{"id":6,"result":null,"error":[21,"Job not found",null]}"#)?.key == 2)
    #expect(pool.says(#"{"id":"5","result":true,"error":null}"#)?.key == 1)
  }

  @Test func `a difficulty holds for the work that follows it`() throws {
    let pool = Upstream()
    pool.works()
    let (first, second) = (try Difficulty(512).target(for: .sha256d), try Difficulty(1024).target(for: .sha256d))
    #expect(pool.says(#"{"id":null,"method":"mining.set_difficulty","params":[512]}"#) == .target(first))
    #expect(pool.notifies("a")?.target == first)
    _ = pool.says(#"{"id":null,"method":"mining.set_difficulty","params":[1024]}"#)
    #expect(pool.notifies("b")?.target == second)
  }

  @Test func `a worker is authorized once, before its first share`() {
    let pool = Upstream()
    pool.works()
    pool.submits(key: 1, worker: "acct.rig")
    #expect(pool.hears.contains("mining.authorize"))
    pool.submits(key: 2, worker: "acct.rig")
    #expect(!pool.hears.contains("mining.authorize"))
  }

  @Test func `shares of a worker whom the pool refused go under the account`() {
    let pool = Upstream()
    pool.works()
    pool.submits(key: 1, worker: "acct.rig")
    _ = pool.hears
    _ = pool.says(#"{"id":5,"result":false,"error":null}"#)
    #expect(pool.hears.contains(#"["acct","#))
    pool.submits(key: 2, worker: "acct.rig")
    #expect(pool.hears.contains(#"["acct","#))
  }

  @Test func `a share waits until the pool has answered for its worker`() {
    let pool = Upstream()
    pool.works()
    pool.submits(key: 1, worker: "acct.rig")
    pool.submits(key: 2, worker: "acct.rig")
    pool.submits(key: 3)
    #expect(pool.hears.occurrences(of: "mining.submit") == 1)
    #expect(pool.session.unanswered == [3, 1, 2])
    _ = pool.says(#"{"id":5,"result":true,"error":null}"#)
    let sent = pool.hears
    #expect(sent.occurrences(of: "mining.submit") == 2)
    #expect(sent.occurrences(of: #"["acct.rig","#) == 2)
    #expect(pool.says(#"{"id":7,"result":true,"error":null}"#) == .answered(key: 1, .accepted, seconds: 0))
    #expect(pool.session.unanswered == [3, 2])
  }

  @Test func `silence, and a request without an answer, are noticed`() {
    let pool = Upstream()
    pool.works()
    #expect(pool.waits(119) == nil)
    #expect(pool.waits(121) == .failed(.silent))
    let other = Upstream()
    other.works()
    other.submits(key: 1)
    #expect(other.session.unanswered == [1])
    #expect(other.waits(31) == .failed(.requestTimedOut("a share")))
  }

  @Test func `three malformed lines end the connection`() {
    let pool = Upstream()
    #expect(pool.says("nonsense") == nil)
    #expect(pool.says("nonsense") == nil)
    #expect(pool.says("nonsense") == .failed(.malformed))
  }

  @Test(arguments: [0, 1, 17]) func `an extranonce2 of no use ends the connection`(size: Int) {
    let pool = Upstream()
    pool.works()
    #expect(
      pool.says("{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"00\",\(size)]}")
        == .failed(.unusableExtranonce(size)))
  }

  @Test func `an answer to nothing ends the connection`() {
    let pool = Upstream()
    pool.works()
    #expect(pool.says(#"{"id":99,"result":true,"error":null}"#) == .failed(.desynchronised))
  }
}
