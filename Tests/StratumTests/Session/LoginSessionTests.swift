import Hashing
import Stratum
import TestSupport
import Testing

@Suite struct LoginSessionTests {
  private static let login =
    #"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"acct.rig","pass":"x","agent":"XMRig/6.21"}}"#

  private func judged(_ action: SessionAction) throws -> (share: ShareSubmission, place: UInt32) {
    guard case .judge(let share, let place) = action else { throw Unexpected(action: action) }
    return (share, place)
  }

  private struct Unexpected: Error {
    let action: SessionAction
  }

  private func loggedIn(_ algorithm: Algorithm = .yescrypt, at seat: Seat = Miner.seat, job: Job) -> Miner {
    let miner = Miner(algorithm, start: 0.5)
    miner.logsIn(Self.login)
    miner.session.seated(seat, into: &miner.out)
    miner.isSent(job)
    return miner
  }

  @Test func `the answer waits for the first job and carries it`() throws {
    let miner = Miner(.yescrypt, start: 0.5)
    #expect(
      miner.says(Self.login)
        == .login(LoginRequest(user: "acct.rig", password: "x", userAgent: "XMRig/6.21"), reply: 0))
    miner.session.authorized(
      MinerIdentity(account: "acct", worker: "rig"), user: "acct.rig", algorithm: .yescrypt, settings: Miner.settings,
      fixed: nil, start: nil, reply: 0, into: &miner.out)
    miner.session.seated(Miner.seat, into: &miner.out)
    #expect(miner.hears == "")
    miner.isSent(Miner.job(id: 0xbf))
    let line = miner.hears
    #expect(
      line.hasPrefix(#"{"id":1,"jsonrpc":"2.0","result":{"id":"0000000700000001","job":{"job_id":"000000bf","algo":"#))
    #expect(line.hasSuffix(#","status":"OK"}}"#))
    #expect(!line.contains("error") && !line.contains(" ") && !line.contains("\n"))
    let job = try JSON(line: line)["result"]["job"]
    #expect(job["algo"].string == "yescrypt" && job["algorithm"].string == "yescrypt")
    #expect(job["block_header"].string?.count == 160)
    #expect(job["difficulty"].double == 0.5)
    #expect(job["target"].string == (try Difficulty(0.5).target(for: .yescrypt)).number.hex)
  }

  @Test func `later jobs are pushed`() throws {
    let miner = loggedIn(job: Miner.job(id: 1))
    _ = miner.hears
    miner.isSent(Miner.job(id: 2))
    let line = miner.hears
    #expect(line.hasPrefix(#"{"jsonrpc":"2.0","method":"job","params":{"job_id":"00000002","algo":"yescrypt","#))
    #expect(try JSON(line: line)["params"]["block_header"].string?.count == 160)
    #expect(!line.contains("status"))
  }

  @Test func `what is asked before the first job is answered after it`() {
    let miner = Miner(.yescrypt)
    miner.logsIn(Self.login)
    miner.says(#"{"id":2,"jsonrpc":"2.0","method":"keepalived","params":{"id":"x"}}"#)
    miner.session.seated(Miner.seat, into: &miner.out)
    #expect(miner.hears == "")
    miner.isSent(Miner.job(id: 1))
    let lines = miner.lines
    #expect(lines.count == 2)
    #expect(lines.last == #"{"id":2,"jsonrpc":"2.0","result":{"status":"KEEPALIVED"}}"#)
  }

  @Test func `a change of difficulty comes with the job and in no other line`() throws {
    let miner = loggedIn(job: Miner.job(id: 1))
    _ = miner.hears
    miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[4]}"#)
    _ = miner.hears
    miner.isSent(Miner.job(id: 2))
    let lines = miner.lines
    #expect(lines.count == 1)
    #expect(try JSON(line: lines[0])["params"]["difficulty"].double == 4)
    miner.isMoved(to: Miner.otherSeat, job: Miner.job(id: 3, feed: 8))
    #expect(miner.lines.count == 1)
  }

  @Test func `an accepted share is answered OK, compact and without error`() throws {
    let miner = loggedIn(job: Miner.job(id: 0xbf))
    _ = miner.hears
    let (share, place) = try judged(
      miner.says(
        #"{"id":2,"jsonrpc":"2.0","method":"submit","params":{"id":"s","job_id":"bf","nonce":"d0030040","result":"00"}}"#
      ))
    #expect(share == ShareSubmission(user: "acct.rig", job: JobID(0xbf), .nonce(0xd003_0040, mixHash: nil)))
    #expect(miner.hears == "")
    miner.session.resolve(place, .accepted, work: ShareWork(hashes: 1), at: .zero, into: &miner.out)
    #expect(miner.hears == #"{"id":2,"jsonrpc":"2.0","result":{"status":"OK"}}"#)
  }

  @Test(arguments: [
    (RejectReason.stale, -7), (.duplicate, -4), (.lowDifficulty, -5), (.unauthorized, -24), (.notSubscribed, -25),
    (.mixHash, -1), (.upstreamLost, -1), (.busy, -1),
  ])
  func `a refused share has the code of this dialect`(reason: RejectReason, code: Int) throws {
    let miner = loggedIn(job: Miner.job(id: 0xbf))
    _ = miner.hears
    let place = try judged(
      miner.says(#"{"id":2,"method":"submit","params":{"job_id":"bf","nonce":"00"}}"#)
    ).place
    miner.session.resolve(place, .rejected(reason), work: .zero, at: .zero, into: &miner.out)
    #expect(
      miner.hears == #"{"id":2,"jsonrpc":"2.0","error":{"code":\#(code),"message":"\#(reason.message)"}}"#)
  }

  @Test func `a login that is refused says why, and may be tried again`() {
    let miner = Miner(.yescrypt)
    guard case .login(_, let place) = miner.says(Self.login) else { Issue.record("no login"); return }
    miner.session.refused("Who is that?", reply: place, into: &miner.out)
    #expect(miner.hears == #"{"id":1,"jsonrpc":"2.0","error":{"code":-24,"message":"Who is that?"}}"#)
    miner.logsIn(Self.login)
    miner.session.seated(Miner.seat, into: &miner.out)
    miner.isSent(Miner.job(id: 1))
    #expect(miner.hears.hasSuffix(#""status":"OK"}}"#))
  }

  @Test func `a miner whose login was refused may subscribe instead, and is answered at once`() {
    let miner = Miner(.yescrypt)
    guard case .login(_, let place) = miner.says(Self.login) else { Issue.record("no login"); return }
    miner.session.refused("Who is that?", reply: place, into: &miner.out)
    _ = miner.hears
    miner.says(#"{"id":2,"method":"mining.subscribe","params":[]}"#)
    miner.session.seated(Miner.seat, into: &miner.out)
    #expect(miner.hears.hasPrefix(#"{"id":2,"result":[[["#))
    miner.authorizes()
    miner.isSent(Miner.job(id: 1))
    #expect(miner.lines.last?.contains("mining.notify") == true)
    miner.says(#"{"id":3,"method":"mining.ping","params":[]}"#)
    #expect(miner.hears.contains(#""id":3"#))
  }

  @Test func `a second login is refused, before and after the first job`() {
    let miner = Miner(.yescrypt)
    miner.logsIn(Self.login)
    #expect(miner.says(Self.login) == .none)
    miner.session.seated(Miner.seat, into: &miner.out)
    miner.isSent(Miner.job(id: 1))
    let refusal = #"{"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"Already logged in"}}"#
    #expect(miner.lines.last == refusal)
    #expect(miner.says(Self.login) == .none)
    #expect(miner.hears == refusal)
  }

  @Test func `a login after a subscribe is refused`() {
    let miner = Miner(.yescrypt)
    miner.authorizes()
    #expect(miner.says(Self.login) == .none)
    #expect(miner.hears == #"{"id":1,"result":null,"error":[20,"Already logged in",null]}"#)
  }

  @Test func `an authorize after a login is answered, and what follows it too`() {
    let miner = loggedIn(job: Miner.job(id: 1))
    _ = miner.hears
    #expect(miner.says(#"{"id":2,"method":"mining.authorize","params":["acct.two","x"]}"#) == .none)
    miner.says(#"{"id":3,"method":"keepalived","params":{}}"#)
    #expect(
      miner.lines == [
        #"{"id":2,"jsonrpc":"2.0","error":{"code":-1,"message":"Already logged in"}}"#,
        #"{"id":3,"jsonrpc":"2.0","result":{"status":"KEEPALIVED"}}"#,
      ])
    #expect(miner.session.phase == .authorized)
  }

  @Test func `keepalived without a login is refused`() {
    let miner = Miner()
    #expect(miner.says(#"{"id":3,"method":"keepalived","params":{"id":"x"}}"#) == .none)
    #expect(miner.hears == #"{"id":3,"result":null,"error":[20,"Unknown method keepalived",null]}"#)
  }

  @Test func `a share without a login is not subscribed`() {
    let miner = Miner()
    #expect(miner.says(#"{"id":3,"method":"submit","params":{"job_id":"1","nonce":"0"}}"#) == .none)
    #expect(miner.hears == #"{"id":3,"result":null,"error":[25,"Not subscribed",null]}"#)
  }

  @Test func `a miner with a login never has to reconnect to move`() {
    let miner = loggedIn(job: Miner.job(id: 1))
    #expect(miner.session.followsExtranonce)
    miner.isMoved(to: Miner.otherSeat, job: Miner.job(id: 2, feed: 8))
    #expect(miner.says(#"{"id":null,"error":"Method not found"}"#) == .none)
    #expect(miner.session.followsExtranonce)
  }

  // MARK: what is hashed

  @Test(arguments: [Algorithm.cosmicHarmony, .sha256d])
  func `a share is judged as the header that was sent, with its nonce`(algorithm: Algorithm) throws {
    let job = Miner.job(id: 0xbf)
    let miner = loggedIn(algorithm, job: job)
    let header = try JSON(line: miner.hears)["result"]["job"]["block_header"].string
    var sent = try #require(header.flatMap { Hex.decode($0) }.flatMap { BlockHeader(bytes: $0) })
    #expect(sent.nonce == 0)
    #expect(sent.nTime == job.nTime)
    sent.nonce = 0x1234_5678
    let share = try judged(
      miner.says(#"{"id":2,"method":"submit","params":{"job_id":"bf","nonce":"12345678"}}"#)
    ).share
    let agreement = try #require(miner.session.agreement(for: job))
    let proof = try ShareJudge(algorithm: algorithm, hashes: Kernels()).proof(of: share, job: job, agreement: agreement)
    #expect(proof == .header(sent))
    let whole = try share.completed(by: job, agreement).bitcoin
    #expect(whole?.extranonce2 == Extranonce(zeros: Miner.seat.extranonce2ByteCount))
    #expect(whole?.nTime == job.nTime)
  }

  @Test func `two sessions never search the same header`() throws {
    let headers = try [Miner.seat, Miner.seat(feed: 7, bytes: [0xaa, 0xbb, 0xcc, 0xde])].map { seat in
      let miner = loggedIn(at: seat, job: Miner.job(id: 1))
      return try JSON(line: miner.hears)["result"]["job"]["block_header"].string
    }
    #expect(headers[0] != nil && headers[0] != headers[1])
  }

  @Test func `KawPow with a login has its prefix in the job and needs the mix hash`() throws {
    let job = Miner.kawpowJob(id: 0xbf)
    let miner = loggedIn(.kawpow, job: job)
    let sent = try JSON(line: miner.hears)["result"]["job"]
    #expect(sent["header_hash"].string == GoldenLines.headerHex && sent["seed_hash"].string == GoldenLines.seedHex)
    #expect(sent["nonce_prefix"].string == "aabbccdd" && sent["height"].int == 1_234_567)
    #expect(sent["block_header"].isNull)
    let agreement = try #require(miner.session.agreement(for: job))
    let judge = ShareJudge(algorithm: .kawpow, hashes: Kernels())
    let without = try judged(
      miner.says(#"{"id":2,"method":"submit","params":{"job_id":"bf","nonce":"aabbccdd00000001"}}"#)
    ).share
    #expect(throws: RejectReason.mixHash) { try judge.proof(of: without, job: job, agreement: agreement) }
    let mix = #","mix_hash":"# + "\"\(GoldenLines.mixHex)\""
    let with = try judged(
      miner.says(#"{"id":3,"method":"submit","params":{"job_id":"bf","nonce":"aabbccdd00000001"\#(mix)}}"#)
    ).share
    let proof = try judge.proof(of: with, job: job, agreement: agreement)
    #expect(proof.kawpow?.nonce == 0xaabb_ccdd_0000_0001 && proof.kawpow?.height == 1_234_567)
    let elsewhere = try judged(
      miner.says(#"{"id":4,"method":"submit","params":{"job_id":"bf","nonce":"aabbccde00000001"\#(mix)}}"#)
    ).share
    #expect(throws: RejectReason.noncePrefix) { try judge.proof(of: elsewhere, job: job, agreement: agreement) }
  }
}
