import Foundation
import Stratum
import TestSupport
import Testing

@testable import Pool

struct CoinAmountTests {
  private func decoded(_ text: String) -> Int64? {
    (try? JSONDecoder().decode([CoinAmount].self, from: Data("[\(text)]".utf8)))?.first?.units.value
  }

  @Test(
    arguments: [
      ("0.1", 10_000_000), ("0", 0), ("-0.00000001", -1), ("1e-8", 1), ("1E-08", 1), ("1.5e2", 15_000_000_000),
      ("20999999.9769", 2_099_999_997_690_000), ("0.29999999", 29_999_999), ("1.10000000000", 110_000_000),
      ("92233720368.54775807", Int64.max), ("-92233720368.54775808", Int64.min), ("0.07", 7_000_000),
      ("0e30", 0), ("4503599627370496.00000001", nil), ("92233720368.54775808", nil), ("0.000000001", nil),
      ("1e-9", nil), ("1e40", nil), ("1e999999999", nil), (#""0.1""#, nil), ("true", nil), ("null", nil),
    ] as [(String, Int64?)])
  func `an amount is read to the last digit, or refused`(text: String, units: Int64?) {
    #expect(decoded(text) == units)
  }

  @Test(arguments: [
    "", "-", ".1", "1.", "+1", "1e", "0x10", " 1", "1,5", "1.2.3", "1e1e1", "e5", "--1", "１", "1e-9223372036854775808",
    "1e9223372036854775807",
  ])
  func `what is no number is no amount`(text: String) {
    #expect(CoinAmount(text) == nil)
  }

  @Test func `any amount survives being written and read`() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<20_000 {
      let value = Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random)
      let text = CoinAmount(AtomicUnits(value)).description
      #expect(text.split(separator: ".").last?.count == 8)
      #expect(decoded(text) == value)
    }
  }

  @Test func `a call is the JSON that was meant, with amounts digit for digit`() throws {
    let call = JSONRPC.Value.call(
      "sendmany",
      [
        .string(""), .object(["b": .amount(AtomicUnits(10_000_001)), "a\"\\\n\u{1}é": .amount(AtomicUnits(7))]),
        .integer(-1), .array([.bool(true), .bool(false), .array([])]),
      ])
    let text = String(decoding: call.json, as: UTF8.self)
    #expect(
      text == #"{"id":1,"jsonrpc":"1.0","method":"sendmany","params":["#
        + #""",{"a\"\\\u000a\u0001é":0.00000007,"b":0.10000001},-1,[true,false,[]]]}"#)
    let read = try #require(JSON(Data(call.json)))
    #expect(read["params"][1].object.keys.sorted() == ["a\"\\\n\u{1}é", "b"])
  }
}
