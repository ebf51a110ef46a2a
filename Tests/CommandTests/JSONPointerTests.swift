import Foundation
import TestSupport
import Testing

@testable import zion

@Suite struct JSONPointerTests {
  private static let text = """
    {"a": [{"b": 1.5}, "2.5"], "c/d": 3, "e~f": {"": 4}, "01": 5, "big": 1e400x, "n": null}
    """.replacing("1e400x", with: "7")

  private func number(_ pointer: String, in text: String = text) throws -> Double? {
    let tree = try #require(JSONTree(Data(text.utf8)))
    return try JSONPointer(pointer).value(in: tree)?.asNumber
  }

  @Test func `pointers lead where RFC 6901 says`() throws {
    #expect(try number("/a/0/b") == 1.5)
    #expect(try number("/a/1") == 2.5, "numbers in text are numbers")
    #expect(try number("/c~1d") == 3)
    #expect(try number("/e~0f/") == 4)
    #expect(try number("/01") == 5)
  }

  @Test(arguments: ["/a/2", "/a/-1", "/a/00", "/a/-", "/a/99999999999999999999", "/x", "/c~1d/0", "/n", "/a", "/a/0"])
  func `pointers that lead to no number give none`(pointer: String) throws {
    #expect(try number(pointer) == nil)
  }

  @Test(arguments: ["", "a", "#/a", "/~", "/a~2", "/~x/b"])
  func `what is no pointer is refused`(pointer: String) {
    #expect(throws: Wrong.self) { try JSONPointer(pointer) }
  }

  @Test(arguments: ["inf", "nan", "0x10", "1e999", "", " 1", "1,5", "--1"])
  func `words that some take for numbers are none`(text: String) {
    #expect(JSONTree.plainNumber(text) == nil)
  }

  @Test(arguments: 0..<50) func `no bytes stop the process`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = Array(Self.text.utf8)
    for _ in 0..<3 {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    _ = JSONTree(Data(bytes))
    #expect(JSONTree(Data(repeating: 0x5b, count: 100_000)) == nil)
  }
}
