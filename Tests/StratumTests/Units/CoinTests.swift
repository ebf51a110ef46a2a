import Stratum
import TestSupport
import Testing

@Suite struct CoinTests {
  @Test(arguments: [
    (0, "0.000000"), (1, "0.000001"), (-1, "-0.000001"), (1_569_634_703, "1569.634703"),
    (Int64.max, "9223372036854.775807"), (Int64.min, "-9223372036854.775808"),
  ])
  func `amounts are written with all their digits`(value: Int64, text: String) {
    #expect(Coin.zion.text(AtomicUnits(value)) == text)
  }

  @Test func `what was written is read back, to the unit`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<500 {
      let coin = Coin(symbol: "X", decimals: Int.random(in: 0...18, using: &random))
      let amount = AtomicUnits(Int64.random(in: 0 ... .max, using: &random) >> Int64.random(in: 0...60, using: &random))
      #expect(coin.amount(coin.text(amount)) == amount)
    }
  }

  @Test(arguments: ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.0000001", "1,5", "1.2.3", " 1", "9223372036855", "٣"])
  func `what is no exact amount is none`(text: String) { #expect(Coin.zion.amount(text) == nil) }

  @Test func `short forms are read too`() {
    #expect(Coin.zion.amount("10") == AtomicUnits(10_000_000))
    #expect(Coin.zion.amount("0.5") == AtomicUnits(500_000))
    #expect(Coin.bitcoin.amount("0.00000001") == AtomicUnits(1))
  }
}
