import Testing

@testable import Pool

@Suite struct AddressChecksumTests {
  /// Mainnet and testnet, Litecoin, Ravencoin; of BIP 173 and BIP 350.
  @Test(arguments: [
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
    "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "n4bUheZ4FksxA6GNXBad2uYeqDFzwhM7HH",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
  ])
  func `an address is one without a node that says so`(address: String) {
    #expect(AddressChecksum.holds(in: address))
    // One letter of it mistyped.
    for index in address.indices.dropFirst(4) where address[index] != "x" {
      var wrong = address
      wrong.replaceSubrange(index...index, with: "x")
      #expect(!AddressChecksum.holds(in: wrong), "\(wrong)")
    }
  }

  @Test func `what a farm calls its machines is none`() {
    for name in [
      "", "1", "farm", "rig17", "bc1", "bc1qqqqqq", "antminer-s19-roof-north-rack-3", "0OIl", "ÄÖÜ",
      String(repeating: "1", count: 34), String(repeating: "z", count: 36), String(repeating: "q", count: 90),
    ] {
      #expect(!AddressChecksum.holds(in: name), "\(name)")
    }
  }
}
