import Orchestrator
import Testing

@Suite("Addresses and networks")
struct NetworkAddressTests {
  @Test("an IPv4 address mapped into IPv6 is that address")
  func mapped() {
    #expect(NetworkAddress("::ffff:192.0.2.7") == NetworkAddress("192.0.2.7"))
    #expect(NetworkAddress("192.0.2.7")?.description == "192.0.2.7")
    #expect(NetworkAddress("192.0.2.7")?.isIPv6 == false)
  }

  @Test("an IPv6 address is written in its short form")
  func short() { #expect(NetworkAddress("2001:0db8:0:0::0001")?.description == "2001:db8::1") }

  @Test(
    "what is no address is none",
    arguments: ["", "192.0.2", "192.0.2.256", "192.0.2.7:80", "fe80::1%eth0", "localhost", " 192.0.2.7", "::g"])
  func none(_ text: String) { #expect(NetworkAddress(text) == nil) }

  @Test("a subscriber's network is /24, or /64 of IPv6")
  func network() {
    #expect(NetworkAddress("192.0.2.77")?.network.description == "192.0.2.0/24")
    #expect(NetworkAddress("2001:db8:1:2:3::4")?.network.description == "2001:db8:1:2::/64")
  }

  @Test(
    "a range holds its own and no others",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "203.0.113.9", true),
      ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("192.0.2.128/25", "192.0.2.200", true),
    ])
  func contains(_ range: String, _ address: String, _ expected: Bool) throws {
    let value = try #require(NetworkAddress(address))
    let range = try #require(NetworkRange(range))
    #expect(range.contains(value) == expected)
    #expect(range.contains(address) == expected)
  }

  @Test(
    "what is no range is none",
    arguments: ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10/8", "10.0.0.0/8/8", "10.0.0.1/8"])
  func noRange(_ text: String) { #expect(NetworkRange(text) == nil) }
}
