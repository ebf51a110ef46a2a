import Stratum
import Testing

@Suite struct MinerSessionTests {
  @Test func `a share before subscribe is answered not subscribed`() {
    let miner = Miner()
    #expect(miner.says(#"{"id":1,"method":"mining.submit","params":["a","1","00","00000000","00000000"]}"#) == .none)
    #expect(miner.hears == #"{"id":1,"result":null,"error":[25,"Not subscribed",null]}"#)
  }

  @Test func `a share between subscribe and authorize is answered unauthorized`() {
    let miner = Miner()
    miner.subscribes()
    #expect(miner.says(#"{"id":2,"method":"mining.submit","params":["a","1","00","00000000","00000000"]}"#) == .none)
    #expect(miner.hears == #"{"id":2,"result":null,"error":[24,"Unauthorized worker",null]}"#)
  }

  @Test func `subscribe waits for a seat and then tells its extranonce`() {
    let miner = Miner()
    #expect(
      miner.says(#"{"id":1,"method":"mining.subscribe","params":["cgminer/4.11.1","0000000700000009"]}"#)
        == .findSeat(resume: "0000000700000009"))
    #expect(miner.hears == "")
    miner.session.seated(Miner.seat, into: &miner.out)
    #expect(miner.hears.contains(#""aabbccdd",4"#))
    #expect(miner.session.userAgent == "cgminer/4.11.1")
  }

  @Test func `replies keep the order of requests while a share waits`() {
    let miner = Miner()
    miner.authorizes()
    let job = miner.gets(Miner.job(id: 7))
    #expect(miner.hears.contains("set_difficulty"))
    guard case .judge(_, let place) = miner.submits(job, id: 10) else { Issue.record("not judged"); return }
    #expect(miner.says(#"{"id":11,"method":"mining.ping","params":[]}"#) == .none)
    #expect(miner.hears == "")
    miner.session.resolve(place, .accepted, work: ShareWork(hashes: 1), at: .zero, into: &miner.out)
    #expect(miner.hears == #"{"id":10,"result":true,"error":null}"# + "\n" + #"{"id":11,"result":"pong","error":null}"#)
  }

  @Test func `a second answer to one share changes nothing`() {
    let miner = Miner()
    miner.authorizes()
    guard case .judge(_, let place) = miner.submits(miner.gets(Miner.job(id: 7)), id: 1) else {
      Issue.record("not judged")
      return
    }
    for _ in 0..<2 { miner.session.resolve(place, .accepted, work: .zero, at: .zero, into: &miner.out) }
    #expect(miner.session.accepted == 1)
  }

  @Test func `the first job is preceded by its difficulty, the next one is not`() {
    let miner = Miner()
    miner.authorizes()
    _ = miner.gets(Miner.job(id: 1))
    #expect(miner.hears == #"{"id":null,"method":"mining.set_difficulty","params":[1024]}"#)
    _ = miner.gets(Miner.job(id: 2))
    #expect(miner.hears == "")
  }

  @Test func `a session is never held to more than its source`() throws {
    let miner = Miner()
    miner.authorizes()
    let easy = try Difficulty(16).target(for: .sha256d)
    let job = miner.gets(Miner.job(id: 1, target: easy))
    #expect(miner.hears.contains("[16]"))
    #expect(miner.session.agreement(for: job)?.target == easy)
  }

  @Test func `a share for a job of before a change is judged by what held then`() throws {
    let miner = Miner()
    miner.authorizes()
    let first = miner.gets(Miner.job(id: 1))
    _ = miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[4096]}"#)
    let second = miner.gets(Miner.job(id: 2))
    #expect(try miner.session.agreement(for: first)?.target == Difficulty(1024).target(for: .sha256d))
    #expect(try miner.session.agreement(for: second)?.target == Difficulty(4096).target(for: .sha256d))
  }

  @Test func `a suggestion does not touch a job that was sent`() throws {
    let miner = Miner()
    miner.authorizes()
    let job = miner.gets(Miner.job(id: 1))
    _ = miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[0.001]}"#)
    #expect(try miner.session.agreement(for: job)?.target == Difficulty(1024).target(for: .sha256d))
  }

  @Test func `a difficulty in the password goes before the least one that the miner asks for, whichever comes first`() {
    let ask =
      #"{"id":1,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":4096}]}"#
    for isAskedFirst in [false, true] {
      let miner = Miner()
      if isAskedFirst { miner.says(ask) }
      miner.authorizes(fixed: Difficulty(clamping: 64))
      if !isAskedFirst { miner.says(ask) }
      #expect(miner.session.difficulty == Difficulty(clamping: 64))
    }
  }

  @Test func `the bounds that hold when the name is good are the session's, not those of when it connected`() {
    let miner = Miner()
    let edited = Vardiff.Settings(minimum: Difficulty(clamping: 32), maximum: Difficulty(clamping: 1e6))
    miner.authorizes(settings: edited)
    _ = miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[16]}"#)
    #expect(miner.session.difficulty == Difficulty(clamping: 32))
  }

  @Test func `the least difficulty that a miner asks for holds until it asks for another`() {
    let miner = Miner()
    func asks(_ minimum: String) {
      _ = miner.says(
        "{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"minimum-difficulty\"],"
          + "{\"minimum-difficulty.value\":\(minimum)}]}")
      #expect(miner.hears == #"{"id":1,"result":{"minimum-difficulty":true},"error":null}"#)
    }
    asks("4096")
    #expect(miner.session.difficulty == Difficulty(clamping: 4096))
    // What the miner mined at when it was here last is less.
    miner.authorizes(start: Difficulty(clamping: 64))
    #expect(miner.session.difficulty == Difficulty(clamping: 4096))
    _ = miner.hears
    asks("2048")
    _ = miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[16]}"#)
    #expect(miner.session.difficulty == Difficulty(clamping: 2048))
    _ = miner.hears
    asks("0")
    _ = miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[16]}"#)
    #expect(miner.session.difficulty == Difficulty(clamping: 16))
    _ = miner.hears
    // Never more than the pool allows, which is what shares are credited by.
    asks("1e300")
    #expect(miner.session.difficulty == Miner.settings.maximum)
  }

  @Test func `a move is one write: mask, extranonce, difficulty`() {
    let miner = Miner()
    _ = miner.says(
      #"{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}"#)
    miner.authorizes()
    let old = miner.gets(Miner.job(id: 1))
    _ = miner.hears
    let new = Miner.job(id: 2, feed: 8, mask: 0x00ff_e000)
    miner.session.move(to: Miner.otherSeat, job: new, at: .zero, into: &miner.out)
    let methods = miner.hears.split(separator: "\n").map { $0.split(separator: "\"")[5].dropFirst("mining.".count) }
    #expect(methods == ["set_version_mask", "set_extranonce", "set_difficulty"])
    #expect(miner.session.agreement(for: old)?.seat == Miner.seat)
    #expect(miner.session.agreement(for: new)?.seat == Miner.otherSeat)
  }

  @Test func `a move that keeps the miner's bytes sends no extranonce`() {
    let miner = Miner()
    miner.authorizes()
    _ = miner.gets(Miner.job(id: 1))
    _ = miner.hears
    let adopted = Seat(
      feed: FeedID(9), slot: 0, extranonce1: Miner.seat.extranonce1,
      extranonce2ByteCount: Miner.seat.extranonce2ByteCount)
    miner.session.move(to: adopted, job: Miner.job(id: 2, feed: 9), at: .zero, into: &miner.out)
    #expect(!miner.hears.contains("set_extranonce"))
  }

  @Test func `a seat taken before its feed had a job is told with the first one`() {
    let miner = Miner()
    miner.authorizes()
    _ = miner.gets(Miner.job(id: 1))
    _ = miner.hears
    miner.session.takeSeat(Miner.otherSeat)
    let job = miner.gets(Miner.job(id: 2, feed: 8))
    #expect(miner.hears.contains(#""mining.set_extranonce","params":["0102030405",3]"#))
    #expect(miner.session.agreement(for: job)?.seat == Miner.otherSeat)
  }

  @Test func `three low shares in a row after a new extranonce show that it was not followed`() {
    let miner = Miner()
    _ = miner.says(#"{"id":1,"method":"mining.extranonce.subscribe","params":[]}"#)
    miner.authorizes()
    _ = miner.gets(Miner.job(id: 1))
    miner.session.move(to: Miner.otherSeat, job: Miner.job(id: 2, feed: 8), at: .zero, into: &miner.out)
    for id in 0..<3 {
      #expect(miner.session.followsExtranonce)
      guard case .judge(_, let place) = miner.submits(Miner.job(id: 2, feed: 8), id: id) else { continue }
      miner.session.resolve(place, .rejected(.lowDifficulty), work: .zero, at: .zero, into: &miner.out)
    }
    #expect(!miner.session.followsExtranonce)
  }

  @Test func `a miner that asks for extranonce changes after its first job gets the job again`() {
    let miner = Miner()
    miner.authorizes()
    #expect(miner.says(#"{"id":3,"method":"mining.extranonce.subscribe","params":[]}"#) == .resendJob)
    #expect(miner.hears == #"{"id":3,"result":true,"error":null}"#)
  }

  @Test func `five malformed lines in a row close, and one good line forgives`() {
    let miner = Miner()
    for _ in 0..<4 { #expect(miner.says("nonsense") == .none) }
    #expect(miner.says(#"{"id":1,"method":"mining.ping"}"#) == .none)
    for _ in 0..<4 { #expect(miner.says("nonsense") == .none) }
    #expect(miner.says("nonsense") == .close(.tooManyMalformedLines))
  }

  @Test func `requests behind an unanswered one are bounded`() {
    let miner = Miner()
    miner.authorizes()
    let job = miner.gets(Miner.job(id: 1))
    _ = miner.submits(job, id: 0)
    var action = SessionAction.none
    for id in 1...(2 * Limits.pendingReplies) where action == .none {
      action = miner.says("{\"id\":\(id),\"method\":\"mining.ping\"}")
    }
    #expect(action == .close(.tooManyRequestsWaiting))
  }

  @Test func `a worker that was not authorized has no identity`() {
    let miner = Miner()
    miner.authorizes()
    #expect(miner.session.identity(of: "acct.rig") == MinerIdentity(account: "acct", worker: "rig"))
    #expect(miner.session.identity(of: "acct.other") == nil)
  }

  @Test func `a second worker of one connection is told apart`() {
    let miner = Miner()
    miner.authorizes()
    miner.authorizes(user: "acct.two")
    #expect(miner.session.identity(of: "acct.two") == MinerIdentity(account: "acct", worker: "two"))
    #expect(miner.session.identity(of: "acct.rig") == MinerIdentity(account: "acct", worker: "rig"))
  }
}
