import NIOCore
import Stratum
import TestSupport
import Testing

@testable import Proxy

@Suite struct ExtranoncePartitionTests {
  @Test(arguments: [
    (2, 0, 2), (3, 0, 3), (4, 0, 4), (5, 1, 4), (6, 2, 4), (8, 2, 6), (10, 2, 8), (12, 4, 8), (16, 8, 8),
  ])
  func `four bytes stay with the miner where there is room, never more than eight`(size: Int, tail: Int, left: Int) {
    var random = SeededRandom(seed: 1)
    let partition = ExtranoncePartition(
      feed: FeedID(1), extranonce1: .empty, upstreamByteCount: size, wanted: 4, startingAt: random.next())
    #expect(partition.tailByteCount == tail)
    #expect(partition.minerByteCount == left)
    #expect(partition.capacity == (tail == 0 ? 1 : tail == 1 ? 256 : 65_536))
  }

  @Test(arguments: 0..<50) func `no two live seats can cover the same coinbase`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let size = Int.random(in: 2...16, using: &random)
    let prefix = Extranonce((0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }) ?? .empty
    var partition = ExtranoncePartition(
      feed: FeedID(1), extranonce1: prefix, upstreamByteCount: size, wanted: 4, startingAt: random.next())
    var live: [Seat] = []
    for step in 0..<400 {
      let now = MonotonicTime.zero.advanced(bySeconds: Double(step))
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where !live.isEmpty:
        partition.release(live.remove(at: Int.random(in: 0..<live.count, using: &random)), at: now)
      case 1: partition.turned()
      default: if let seat = partition.claim(at: now) { live.append(seat) }
      }
      let spaces = live.map(\.extranonce1.bytes)
      #expect(Set(spaces).count == live.count)
      #expect(Set(spaces.map(\.count)).count <= 1)
    }
  }

  @Test func `the pool gets back as many bytes as it asked for, the tail first`() throws {
    var random = SeededRandom(seed: 3)
    let prefix = try #require(Extranonce([0xaa]))
    var partition = ExtranoncePartition(
      feed: FeedID(1), extranonce1: prefix, upstreamByteCount: 8, wanted: 4, startingAt: random.next())
    let claimed = partition.claim(at: .zero)
    let seat = try #require(claimed)
    let mine = try #require(Extranonce([1, 2, 3, 4, 5, 6]))
    let whole = try #require(partition.upstreamExtranonce2(seat: seat, miner: mine))
    #expect(whole.count == 8)
    #expect(seat.extranonce1.bytes + mine.bytes == prefix.bytes + whole.bytes)
  }

  @Test func `a resting seat is found again by its bytes, a foreign one is not`() throws {
    var random = SeededRandom(seed: 3)
    let prefix = try #require(Extranonce([0xaa]))
    var partition = ExtranoncePartition(
      feed: FeedID(1), extranonce1: prefix, upstreamByteCount: 8, wanted: 4, startingAt: random.next())
    let claimed = partition.claim(at: .zero)
    let seat = try #require(claimed)
    let taken = partition.claim(sameBytesAs: seat, at: .zero)
    #expect(taken == nil)
    partition.release(seat, at: .zero)
    let again = partition.claim(sameBytesAs: seat, at: .zero)
    #expect(again == seat)
    let foreign = Seat(
      feed: FeedID(1), slot: 0, extranonce1: try #require(Extranonce([0xbb, 0, 0])), extranonce2ByteCount: 6)
    let refused = partition.claim(sameBytesAs: foreign, at: .zero)
    #expect(refused == nil)
  }
}

@Suite struct UpstreamPartTests {
  @Test(arguments: [
    ("{account}.{worker}", "rig", "acct.rig"), ("{account}.{worker}", "", "acct"), ("{account}", "rig", "acct"),
    ("{miner}_{worker}", "rig", "addr_rig"), ("{other}{worker}", "rig", "{other}rig"),
  ])
  func `worker names upstream follow the template`(template: String, worker: String, expected: String) {
    let configuration = UpstreamConfiguration(
      name: "p", algorithm: .sha256d, endpoints: [.init(host: "h", port: 1)], user: "acct", password: "x",
      workerTemplate: template)
    #expect(configuration.workerName(for: MinerIdentity(account: "addr", worker: worker)) == expected)
  }

  @Test func `attempts to connect wait longer each time, up to a minute`() {
    var (backoff, random) = (Backoff(), SeededRandom(seed: 1))
    var last = 0.0
    for attempt in 0..<12 {
      let wait = backoff.next(using: &random)
      let base = min(60, Double(1 << min(attempt, 6)))
      #expect((base * 0.75...base * 1.25).contains(wait))
      last = wait
    }
    #expect(last >= 45)
    backoff.reset()
    let first = backoff.next(using: &random)
    #expect(first <= 1.25)
  }

  @Test func `a password may ask for a difficulty and an algorithm`() {
    #expect(PasswordOptions("x").difficulty == nil)
    #expect(PasswordOptions("x,d=512").difficulty?.value == 512)
    #expect(PasswordOptions("d=0.01;a=scrypt").algorithm == .scrypt)
    #expect(PasswordOptions("cosmic_harmony").algorithm == .cosmicHarmony)
    #expect(PasswordOptions("d=-4").difficulty == nil)
    #expect(PasswordOptions("d=nan,d=inf").difficulty == nil)
    let label = PasswordOptions("a=scrypt;region=eu;tags=solar+night").label
    #expect(label.region == "eu" && label.tags == ["solar", "night"])
    #expect(PasswordOptions("tags=" + String(repeating: "t+", count: 5000) + "u").label.tags.count <= 16)
  }
}

@Suite struct LineSplitterTests {
  @Test func `lines come out the same however the bytes are cut`() throws {
    let text = Array("one\r\ntwo\n\n{\"three\":3}\nfour\n".utf8)
    for cut in 0...text.count {
      for second in cut...text.count {
        var splitter = LineSplitter()
        var lines: [String] = []
        for part in [text[..<cut], text[cut..<second], text[second...]] {
          try splitter.feed(ByteBuffer(bytes: part), limit: { 100 }) { line in
            lines.append(
              String(
                decoding: (0..<line.byteCount).map { line.unsafeLoad(fromByteOffset: $0, as: UInt8.self) },
                as: UTF8.self))
            return true
          }
        }
        #expect(lines == ["one", "two", "{\"three\":3}", "four"])
      }
    }
  }

  @Test func `a line that is too long is refused whether it ended or not`() {
    for text in [String(repeating: "a", count: 11), String(repeating: "a", count: 11) + "\n"] {
      var splitter = LineSplitter()
      #expect(throws: LineSplitter.TooLong.self) {
        try splitter.feed(ByteBuffer(string: text), limit: { 10 }) { _ in true }
      }
    }
  }

  @Test func `what follows a refused line is not looked at`() throws {
    var splitter = LineSplitter()
    var count = 0
    try splitter.feed(ByteBuffer(string: "a\nb\nc\n"), limit: { 10 }) { _ in
      count += 1
      return count < 2
    }
    #expect(count == 2)
  }
}
