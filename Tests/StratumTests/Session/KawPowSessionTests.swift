import Stratum
import TestSupport
import Testing

@Suite struct KawPowSessionTests {
  private static let seat = Miner.seat(feed: 7, bytes: [0x64, 0x29])
  private static let otherSeat = Miner.seat(feed: 8, bytes: [0x64, 0x2a, 0x0b])
  private static let sameBytes = Miner.seat(feed: 9, bytes: [0x64, 0x29])
  private static let subscribe = #"{"id":1,"method":"mining.subscribe","params":["kawpowminer/1.2.4"]}"#

  private func mining(_ start: Double = 0.0625) -> Miner {
    let miner = Miner(.kawpow, start: start)
    miner.subscribes(at: Self.seat)
    miner.authorizes()
    miner.isSent(Miner.kawpowJob(id: 1))
    miner.out = []
    return miner
  }

  private func methods(_ lines: [String]) throws -> [String] {
    try lines.map { try JSON(line: $0)["method"].string ?? "" }
  }

  // MARK: subscribe

  @Test func `a session that is known to be KawPow's is answered with the prefix alone`() {
    let miner = Miner(.kawpow)
    #expect(miner.says(Self.subscribe) == .findSeat(resume: nil))
    miner.session.seated(Self.seat, into: &miner.out)
    #expect(miner.hears == #"{"id":1,"result":[null,"6429"],"error":null}"#)
    #expect(miner.says(Self.subscribe) == .none)
    #expect(miner.hears == #"{"id":1,"result":[null,"6429"],"error":null}"#)
  }

  @Test func `one that is thought to be is answered with the prefix in its second place, for either kind`() {
    let miner = Miner()
    miner.says(Self.subscribe)
    miner.session.assume(.kawpow, isCertain: false, settings: Miner.settings, start: Difficulty(clamping: 1))
    miner.session.seated(Self.seat, into: &miner.out)
    #expect(
      miner.hears
        == #"{"id":1,"result":[[["mining.set_difficulty","0000000700000001"],["mining.notify","0000000700000001"]],"#
        + #""6429",6],"error":null}"#)
  }

  @Test func `one that names itself is answered as such`() {
    let miner = Miner()
    miner.says(Self.subscribe)
    miner.session.assume(.kawpow, isCertain: true, settings: Miner.settings, start: Difficulty(clamping: 1))
    miner.session.seated(Self.seat, into: &miner.out)
    #expect(miner.hears == #"{"id":1,"result":[null,"6429"],"error":null}"#)
  }

  // MARK: algorithm

  @Test func `an assumption changes the algorithm and its difficulty only before authorize`() {
    let miner = Miner()
    let narrow = Vardiff.Settings(minimum: Difficulty(clamping: 0.5), maximum: Difficulty(clamping: 2))
    miner.session.assume(.kawpow, isCertain: true, settings: narrow, start: Difficulty(clamping: 64))
    #expect(miner.session.algorithm == .kawpow)
    #expect(miner.session.difficulty == Difficulty(clamping: 2))
    miner.authorizes()
    miner.session.assume(.yescrypt, isCertain: true, settings: Miner.settings, start: Difficulty(clamping: 64))
    #expect(miner.session.algorithm == .kawpow)
    #expect(miner.session.difficulty == Difficulty(clamping: 2))
  }

  @Test func `the first name decides the algorithm, and its difficulty settings hold from then on`() {
    let miner = Miner()
    miner.subscribes(at: Self.seat)
    let kawpow = Vardiff.Settings(minimum: Difficulty(clamping: 0.01), maximum: Difficulty(clamping: 1))
    miner.authorizes(as: .kawpow, settings: kawpow, start: Difficulty(clamping: 0.0625))
    #expect(miner.session.algorithm == .kawpow && miner.session.speech == .kawpow)
    #expect(miner.session.difficulty == Difficulty(clamping: 0.0625))
    for (wanted, given) in [(1e6, 1.0), (1e-6, 0.01), (0.5, 0.5)] {
      miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[\#(wanted)]}"#)
      #expect(miner.session.difficulty == Difficulty(clamping: given))
    }
    miner.authorizes(user: "acct.two", as: .kawpow, settings: Miner.settings, start: Difficulty(clamping: 64))
    #expect(miner.session.difficulty == Difficulty(clamping: 0.5))
  }

  @Test func `a difficulty of before the change is brought into the new bounds`() {
    let miner = Miner(start: 1024)
    miner.subscribes(at: Self.seat)
    let kawpow = Vardiff.Settings(minimum: Difficulty(clamping: 0.01), maximum: Difficulty(clamping: 1))
    miner.authorizes(as: .kawpow, settings: kawpow)
    #expect(miner.session.difficulty == Difficulty(clamping: 1))
    let job = miner.gets(Miner.kawpowJob(id: 1))
    #expect(miner.session.agreement(for: job)?.target == Difficulty(clamping: 1).target(for: .kawpow))
  }

  // MARK: jobs

  @Test func `a job is preceded by its target, and by nothing of the other dialect`() throws {
    let miner = Miner(.kawpow, start: 1)
    miner.subscribes(at: Self.seat)
    miner.authorizes()
    miner.isSent(Miner.kawpowJob(id: 0x2f1a))
    let target = "00000000ffff" + String(repeating: "0", count: 52)
    #expect(
      miner.lines == [
        #"{"id":null,"method":"mining.set_target","params":["\#(target)"]}"#,
        #"{"id":null,"method":"mining.notify","params":["00002f1a","\#(GoldenLines.headerHex)","#
          + #""\#(GoldenLines.seedHex)","\#(target)",true,1234567,"1b00ec12"]}"#,
      ])
    miner.isSent(Miner.kawpowJob(id: 0x2f1b), clean: false)
    #expect(try methods(miner.lines) == ["mining.notify"])
  }

  @Test(arguments: 0..<30)
  func `the target told last is always the one inside the job and the one agreed`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let miner = Miner(.kawpow, start: 0.0625)
    miner.subscribes(at: Self.seat)
    miner.authorizes()
    var (told, now, feed) = (String?.none, MonotonicTime.zero, UInt32(7))
    for id in 1...40 as ClosedRange<UInt32> {
      now = now.advanced(bySeconds: Double.random(in: 0...90, using: &random))
      let source = Target(random.hash().number &>> Int.random(in: 8...60, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let wanted = Double.random(in: 0.001...64, using: &random)
        miner.says(#"{"id":9,"method":"mining.suggest_difficulty","params":[\#(wanted)]}"#)
      case 1:
        feed = feed == 7 ? 8 : 7
        miner.session.takeSeat(feed == 7 ? Self.seat : Self.otherSeat)
      default:
        for _ in 0..<Int.random(in: 0...15, using: &random) { share(of: miner, at: now) }
      }
      miner.out = []
      let job = Miner.kawpowJob(id: id, feed: feed, target: source)
      if id % 7 == 0 {
        miner.isMoved(to: feed == 7 ? Self.seat : Self.otherSeat, job: job)
      } else {
        miner.isSent(job, at: now)
      }
      let messages = try miner.lines.map { try JSON(line: $0) }
      for message in messages.dropLast() {
        #expect(["mining.set_target", "mining.set_extranonce"].contains(message["method"].string ?? ""))
        if message["method"].string == "mining.set_target" { told = message["params"][0].string }
      }
      #expect(messages.last?["method"].string == "mining.notify")
      #expect(messages.last?["params"][3].string == told)
      let agreed = try #require(miner.session.agreement(for: job))
      #expect(agreed.target.number.hex == told)
      #expect(!agreed.target.isHarder(than: source))
    }
  }

  private func share(of miner: Miner, at now: MonotonicTime) {
    guard case .judge(_, let place) = miner.submits(Miner.kawpowJob(id: 1), id: 5) else { return }
    miner.session.resolve(place, .accepted, work: ShareWork(hashes: 1 << 33), at: now, into: &miner.out)
  }

  // MARK: another prefix

  @Test func `a move is told in one parameter, before target and job`() throws {
    let miner = mining()
    miner.isMoved(to: Self.otherSeat, job: Miner.kawpowJob(id: 2, feed: 8))
    let lines = miner.lines
    #expect(try methods(lines) == ["mining.set_extranonce", "mining.set_target", "mining.notify"])
    #expect(lines.first == #"{"id":null,"method":"mining.set_extranonce","params":["642a0b"]}"#)
  }

  @Test(arguments: [
    #"{"error":"Method not found","id":"0"}"#, #"{"id":null,"error":{"code":-32601,"message":"Method not found"}}"#,
  ])
  func `a miner that answers another prefix with an error has to reconnect`(refusal: String) {
    let miner = mining()
    miner.says(#"{"id":4,"method":"mining.extranonce.subscribe","params":[]}"#)
    miner.isMoved(to: Self.otherSeat, job: Miner.kawpowJob(id: 2, feed: 8))
    miner.out = []
    #expect(miner.session.followsExtranonce)
    #expect(miner.says(refusal) == .reconnect)
    #expect(!miner.session.followsExtranonce)
    #expect(miner.hears == "")
    #expect(miner.says(refusal) == .none)
  }

  @Test func `the same holds for a seat that was told with its feed's first job`() {
    let miner = mining()
    miner.session.takeSeat(Self.otherSeat)
    miner.isSent(Miner.kawpowJob(id: 2, feed: 8))
    #expect(miner.says(#"{"error":"Method not found","id":"0"}"#) == .reconnect)
  }

  @Test func `an error means nothing when no other prefix was told`() {
    let miner = mining()
    miner.says(#"{"id":4,"method":"mining.extranonce.subscribe","params":[]}"#)
    #expect(miner.says(#"{"error":"Method not found","id":"0"}"#) == .none)
    miner.isMoved(to: Self.sameBytes, job: Miner.kawpowJob(id: 2, feed: 9))
    #expect(!miner.hears.contains("set_extranonce"))
    #expect(miner.says(#"{"error":"Method not found","id":"0"}"#) == .none)
    #expect(miner.session.followsExtranonce)
  }

  @Test func `an error means nothing after a share that counted under the new prefix`() {
    let miner = mining()
    miner.says(#"{"id":4,"method":"mining.extranonce.subscribe","params":[]}"#)
    miner.isMoved(to: Self.otherSeat, job: Miner.kawpowJob(id: 2, feed: 8))
    share(of: miner, at: .zero)
    #expect(miner.says(#"{"error":"Method not found","id":"0"}"#) == .none)
    #expect(miner.session.followsExtranonce)
  }

  @Test func `a share of the whole nonce goes to be judged as it was sent`() {
    let miner = mining()
    guard case .judge(let share, _) = miner.submits(Miner.kawpowJob(id: 1), id: 40) else {
      Issue.record("not judged")
      return
    }
    #expect(share.kawpow?.nonce == 0xaabb_ccdd_0000_0000)
    #expect(share.kawpow?.headerHash == GoldenLines.wireHash(GoldenLines.headerHex))
  }
}
