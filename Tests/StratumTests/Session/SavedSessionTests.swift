import Foundation
import Stratum
import TestSupport
import Testing

/// Sessions that go to another process image in the middle of anything.
@Suite struct SavedSessionTests {
  private static func copy<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  /// One thing that happens to a session. What it says and asks for is the result.
  private static func step(_ number: Int, of seed: UInt64, _ miner: Miner, _ open: inout [UInt32]) -> String {
    var random = SeededRandom(seed: seed &* 1000 &+ UInt64(number))
    let id = UInt32(number) + 1
    var action = ""
    switch Int.random(in: 0..<10, using: &random) {
    case 0: action = "\(miner.says("{\"id\":\(id),\"method\":\"mining.extranonce.subscribe\",\"params\":[]}"))"
    case 1:
      action = "\(miner.says("{\"id\":\(id),\"method\":\"mining.suggest_difficulty\",\"params\":[\(id * 100)]}"))"
    case 2: action = "\(miner.says("{\"id\":\(id),\"method\":\"mining.ping\",\"params\":[]}"))"
    case 3: action = "\(miner.says("nonsense \(id)"))"
    case 4: _ = miner.gets(Miner.job(id: id * 10))
    case 5:
      miner.isMoved(
        to: id % 2 == 0 ? Miner.seat : Miner.otherSeat, job: Miner.job(id: id * 10, feed: id % 2 == 0 ? 7 : 8))
    case 6, 7:
      let made = miner.submits(Miner.job(id: id * 10), id: Int(id))
      if case .judge(_, let place) = made { open.append(place) }
      action = "\(made)"
    default:
      guard !open.isEmpty else { break }
      let place = open.remove(at: Int.random(in: 0..<open.count, using: &random))
      let outcome: ShareOutcome = Bool.random(using: &random) ? .accepted : .rejected(.lowDifficulty)
      miner.session.resolve(
        place, outcome, work: ShareWork(hashes: 1 << 40), at: MonotonicTime.zero.advanced(bySeconds: Double(number)),
        into: &miner.out)
    }
    let now = MonotonicTime.zero.advanced(bySeconds: Double(number))
    return "\(action) \(miner.session.wantsDifficulty(at: now)) \(miner.hears)"
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `a miner's session that was handed over after each step says what one says that never was`(seed: UInt64) throws {
    let (still, moving) = (Miner(), Miner())
    still.authorizes()
    moving.authorizes()
    var (stillOpen, movingOpen): ([UInt32], [UInt32]) = ([], [])
    for number in 0..<80 {
      moving.session = try Self.copy(moving.session)
      #expect(Self.step(number, of: seed, still, &stillOpen) == Self.step(number, of: seed, moving, &movingOpen))
    }
    #expect(moving.session.accepted == still.session.accepted)
  }

  @Test func `a pool's session goes on with the answers that are due`() throws {
    let (still, moving) = (Upstream(), Upstream())
    for pool in [still, moving] {
      pool.works()
      _ = pool.notifies("a")
      pool.submits(key: 1)
      pool.submits(key: 2, worker: "acct.rig")
    }
    moving.session = try Self.copy(moving.session)
    #expect(moving.session.unanswered == still.session.unanswered)
    for line in [
      #"{"id":5,"result":true,"error":null}"#, #"{"id":6,"result":true,"error":null}"#,
      #"{"id":7,"result":null,"error":[23,"low",null]}"#,
    ] {
      let (expected, told) = (still.says(line), moving.says(line))
      #expect(told == expected, "\(line)")
      #expect(moving.hears == still.hears)
      moving.session = try Self.copy(moving.session)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `leases that were handed over give the slots that they would have given`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var still = ExtranonceLeases(capacity: 64, startingAt: random.next())
    var moving = still
    var held: [UInt32] = []
    for number in 0..<300 {
      moving = try Self.copy(moving)
      let now = MonotonicTime.zero.advanced(bySeconds: Double(number) * 5)
      if Bool.random(using: &random), let slot = held.randomElement(using: &random) {
        held.removeAll { $0 == slot }
        still.release(slot, at: now)
        moving.release(slot, at: now)
      } else {
        let slot = still.lease(at: now)
        #expect(moving.lease(at: now) == slot)
        if let slot { held.append(slot) }
      }
      if number % 40 == 0 {
        still.turned()
        moving.turned()
      }
      #expect(moving.leasedCount == still.leasedCount)
    }
  }

  @Test func `work and what was agreed for it come back as they were`() throws {
    let job = Miner.job(id: 12)
    let kawpow = Miner.kawpowJob(id: 13)
    #expect(try Self.copy(job.work) == job.work)
    #expect(try Self.copy(kawpow.work) == kawpow.work)
    #expect(try Self.copy(job.work).networkTarget == job.work.networkTarget)
    let agreement = Agreement(since: JobID(5), seat: Miner.otherSeat, target: Target(UInt256(12345)), versionMask: 7)
    #expect(try Self.copy(agreement) == agreement)
    for work in [ShareWork(hashes: .max), .zero, ShareWork(hashes: 1 << 100)] { #expect(try Self.copy(work) == work) }
  }

  @Test func `bytes and numbers are one plain value each`() throws {
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try JSONEncoder().encode([value]), as: UTF8.self)
    }
    #expect(try text(HexBytes([0, 10, 255])) == #"["000aff"]"#)
    #expect(try text(JobID(7)) == "[7]" && text(Extranonce([1, 2]) ?? .empty) == #"["0102"]"#)
    #expect(try text(ShareWork(hashes: 1 << 64)) == #"["18446744073709551616"]"#)
  }

  @Test func `what is none of these values is refused, not taken for one`() {
    for text in [#""zz""#, #""00""#, "12", #""-1""#] {
      #expect(throws: (any Error).self) { try JSONDecoder().decode(Hash256.self, from: Data(text.utf8)) }
      #expect(throws: (any Error).self) { try JSONDecoder().decode(Target.self, from: Data(text.utf8)) }
    }
    let long = "\"" + String(repeating: "00", count: 33) + "\""
    #expect(throws: (any Error).self) { try JSONDecoder().decode(Extranonce.self, from: Data(long.utf8)) }
    #expect(throws: (any Error).self) { try JSONDecoder().decode(ShareWork.self, from: Data("\"-1\"".utf8)) }
  }
}
