import Foundation
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import API

@Suite struct JSONStreamTests {
  private struct Leaf: Codable {
    var zeta: Double
    var alpha: Int64
    var name: String
    var absent: Int?
    var flags: [Bool]
  }

  private struct Tree: Codable {
    var leaves: [String: Leaf]
    var numbers: [[Double]]
    var byte: UInt8
    var large: UInt64
    var text: String?
    var children: [Tree]
  }

  private enum Side: String, Codable { case left, right }

  private static func foundation(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func ours(_ value: some Encodable) throws -> String {
    String(decoding: try JSONStream.bytes(of: value), as: UTF8.self)
  }

  private static func text(_ random: inout SeededRandom) -> String {
    let letters: [Character] = [
      "a", "Z", "0", "/", "<", "é", "\u{202e}", "😀", "\u{1f}", "\n", "\t", "\"", "\\", "\u{7f}",
    ]
    return String(
      (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
  }

  private static func name(_ random: inout SeededRandom) -> String {
    String((0..<Int.random(in: 1...6, using: &random)).map { _ in "abcXYZ019._-".randomElement(using: &random) ?? "a" })
  }

  private static func number(_ random: inout SeededRandom) -> Double {
    [0, -1, Double.leastNonzeroMagnitude, 1e21, 0.1, 123_456_789.25, Double.random(in: -1e9...1e9, using: &random)]
      .randomElement(using: &random) ?? 0
  }

  private static func leaf(_ random: inout SeededRandom) -> Leaf {
    Leaf(
      zeta: number(&random), alpha: .random(in: .min ... .max, using: &random), name: text(&random),
      absent: Bool.random(using: &random) ? 7 : nil,
      flags: (0..<Int.random(in: 0...3, using: &random)).map { _ in .random(using: &random) })
  }

  private static func tree(_ depth: Int, _ random: inout SeededRandom) -> Tree {
    Tree(
      leaves: Dictionary(
        (0..<Int.random(in: 0...9, using: &random)).map { _ in (name(&random), leaf(&random)) },
        uniquingKeysWith: { $1 }),
      numbers: (0..<2).map { _ in (0..<Int.random(in: 0...3, using: &random)).map { _ in number(&random) } },
      byte: .random(in: 0 ... .max, using: &random), large: .random(in: 0 ... .max, using: &random),
      text: Bool.random(using: &random) ? text(&random) : nil,
      children: depth == 0 ? [] : (0..<Int.random(in: 0...2, using: &random)).map { _ in tree(depth - 1, &random) })
  }

  @Test(arguments: 0..<200) func `any page is written in the bytes of Foundation's encoder`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let tree = Self.tree(3, &random)
    #expect(try Self.ours(tree) == Self.foundation(tree))
  }

  @Test func `two pages in one object are merged, and of two equal names the later one counts`() throws {
    struct Ours: Codable { var name: String; var total: Int }
    struct Theirs: Codable { var count: Int; var total: String }
    let both = Union(Ours(name: "n", total: 1), Theirs(count: 2, total: "three"))
    #expect(try Self.ours(both) == #"{"count":2,"name":"n","total":"three"}"#)
    #expect(try Self.ours(both) == Self.foundation(both))
    #expect(try Self.ours([both, both]) == Self.foundation([both, both]))
  }

  @Test func `names that differ behind a quote are two names`() throws {
    let names = ["a\"b": 1, "a\"c": 2, "a": 3, "\\": 4, "é\n": 5]
    let back = try JSONDecoder().decode([String: Int].self, from: Data(JSONStream.bytes(of: names)))
    #expect(back == names)
  }

  @Test func `single values, raw values and empty things are written`() throws {
    #expect(try Self.ours("a/b") == #""a/b""#)
    #expect(try Self.ours(Side.left) == #""left""#)
    #expect(try Self.ours([Side.left, .right]) == #"["left","right"]"#)
    #expect(try Self.ours([Int]()) == "[]" && Self.ours([String: Int]()) == "{}")
    #expect(try Self.ours([Int?.none, 3]) == "[null,3]")
  }

  @Test func `a number that JSON does not have is an error, and so is a container by hand`() throws {
    struct ByHand: Encodable {
      enum Key: CodingKey { case inner }
      func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Key.self)
        var inner = outer.nestedUnkeyedContainer(forKey: .inner)
        try inner.encode(1)
      }
    }
    for bad in [Double.nan, .infinity, -.infinity] {
      #expect(throws: EncodingError.self) { try JSONStream.bytes(of: ["x": bad]) }
    }
    #expect(throws: JSONStream.Unsupported.self) { try JSONStream.bytes(of: [ByHand()]) }
  }
}

extension JSONStreamTests {
  private static func miner(_ random: inout SeededRandom) throws -> MinerSnapshot {
    let isNew = Bool.random(using: &random)
    var miner = MinerSnapshot(
      session: random.next(), identity: MinerIdentity(account: text(&random), worker: text(&random)),
      algorithm: Algorithm.allCases.randomElement(using: &random) ?? .scrypt, userAgent: text(&random),
      source: isNew ? nil : text(&random), difficulty: try Difficulty(abs(number(&random)) + 1),
      hashrate: Hashrate(abs(number(&random))), accepted: 3, rejected: 0, connectedSeconds: 1.25,
      dwellSeconds: 1, lastShareSeconds: isNew ? nil : 0.5, followsExtranonce: isNew,
      reportedHashrate: isNew ? nil : Hashrate(5))
    miner.address = text(&random)
    if !isNew { miner.traits = MinerTraits(region: text(&random), tags: ["a", "b\""]) }
    return miner
  }

  @Test(arguments: 0..<50) func `what writes itself writes the bytes that Foundation's encoder would`(seed: UInt64)
    throws
  {
    var random = SeededRandom(seed: seed)
    let miner = try Self.miner(&random)
    let session = SessionPage(miner, seesAddress: Bool.random(using: &random))
    #expect(try Self.ours(session) == Self.foundation(session))
    let block = BlockReport(
      height: .random(in: 0 ... .max, using: &random), hash: "00ff", algorithm: .kawpow, source: Self.text(&random),
      account: Self.text(&random), worker: Self.text(&random), state: "found",
      reason: Bool.random(using: &random) ? Self.text(&random) : nil,
      reward: Bool.random(using: &random) ? .max : nil, foundAt: -1)
    #expect(try Self.ours(block) == Self.foundation(block))
    let lastShare = Bool.random(using: &random) ? Int64(7) : nil
    let worker = MinerPage.Worker(worker: Self.text(&random), work: "12", shares: 3, lastShare: lastShare)
    #expect(try Self.ours(worker) == Self.foundation(worker))
    let minute = ZionMiner.Minute(
      timestamp: PageTime.text(.random(in: 0..<4_000_000_000, using: &random)), isValid: true,
      difficulty: Self.number(&random), algorithm: .yescrypt)
    #expect(try Self.ours([minute]) == Self.foundation([minute]))
  }

  @Test func `times are written as RFC 3339 has them`() {
    #expect(PageTime.text(0) == "1970-01-01T00:00:00Z")
    #expect(PageTime.text(1_796_000_533) == "2026-11-30T01:02:13Z")
    #expect(PageTime.text(951_782_400) == "2000-02-29T00:00:00Z")
    #expect(PageTime.day(951_868_799) == "2000-02-29" && PageTime.year(951_868_799) == 2000)
  }

  @Test func `what writes itself writes what its containers would`() throws {
    let rates = ["rig \"1\"": 1.5, "b": 0, "a": 1e21].mapValues {
      Miningcore.WorkerRate(hashrate: $0, sharesPerSecond: $0 / 2)
    }
    let samples = [Miningcore.WorkerSample(created: "now", workers: rates), .init(created: "then", workers: [:])]
    let written = try JSONStream.bytes(of: samples)
    let (ours, theirs) = try (JSON(written), JSON(Array(JSONEncoder().encode(samples))))
    #expect(ours != nil && ours == theirs)
    #expect(String(decoding: written, as: UTF8.self).hasPrefix(#"[{"created":"now","workers":{"a":{"hashrate":1e+21,"#))
  }
}
