import Foundation
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
