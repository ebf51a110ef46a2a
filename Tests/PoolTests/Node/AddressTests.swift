import Stratum
import Testing

@testable import Pool

/// Who can be paid, and how miners say so.
struct AddressTests {
  private let addresses = ZionAddresses(accounts: ["ZION_CHILDREN_FUTURE_FUND_1ECCB72BC30AADD086656A59"])

  @Test func `40 and 32 hex digits are addresses in one spelling, and named accounts as they are`() throws {
    let forty = "ZION_00112233445566778899aabbCCDDEEFF00112233"
    #expect(try addresses.canonical(forty) == "ZION_00112233445566778899AABBCCDDEEFF00112233")
    #expect(try addresses.canonical("ZION_00112233445566778899aabbccddeeff").hasSuffix("CCDDEEFF"))
    let fund = "ZION_CHILDREN_FUTURE_FUND_1ECCB72BC30AADD086656A59"
    #expect(try addresses.canonical(fund) == fund)
  }

  @Test(
    arguments: [
      "", "ZION_", "ZION_0011", "zion_00112233445566778899aabbccddeeff", "ZION_00112233445566778899aabbccddeefg",
      "ZION_00112233445566778899aabbccddeeff0", "ZION_00112233445566778899aabbccddeeff ", "ZION_UNKNOWN_FUND",
      "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "ZION_é0112233445566778899aabbccddeef",
    ])
  func `anything else is refused with what was expected`(text: String) throws {
    let error = #expect(throws: AddressError.notZion(text)) { try addresses.canonical(text) }
    #expect(error?.description.contains("expected ZION_ and 40 (or 32) hex digits") == true)
  }

  @Test func `a text of any length is cut before it is shown`() {
    let long = String(repeating: "x", count: 100_000)
    let error = #expect(throws: AddressError.self) { try addresses.canonical(long) }
    #expect((error?.description.count ?? .max) < 300)
  }

  @Test func `a node is asked once for an address, and its silence is no answer`() async throws {
    let node = ScriptedNode("n")
    node.set { $0.script = .failure(.timeout(seconds: 1)) }
    let book = AddressBook(node: node, zion: nil)
    await #expect(throws: AddressFailure.node(.timeout(seconds: 1))) { _ = try await book.resolve("alice") }
    node.set { $0.script = .success([1, 2]) }
    for _ in 0..<3 { #expect(try await book.resolve("alice").script == [1, 2]) }
    node.set { $0.script = .success(nil) }
    for _ in 0..<3 {
      await #expect(throws: AddressFailure.invalid(.notOfThisChain("bob"))) { _ = try await book.resolve("bob") }
    }
    #expect(node.calls == ["script alice", "script alice", "script bob"])
    let long = String(repeating: "b", count: 129)
    await #expect(throws: AddressFailure.self) { _ = try await book.resolve(long) }
    #expect(node.calls.count == 3)
  }

  @Test func `remembered addresses are bounded, and the ones in use stay`() async throws {
    let node = ScriptedNode("n")
    node.set { $0.script = .success([1]) }
    let book = AddressBook(node: node, zion: nil, limit: 10)
    for index in 0..<100 {
      _ = try await book.resolve("a\(index)")
      _ = try await book.resolve("often")
    }
    #expect(node.calls.count == 101)
    _ = try await book.resolve("a0")
    #expect(node.calls.count == 102)
  }

  @Test func `a user name is an address, a worker and an algorithm`() throws {
    let parse = { (text: String) throws(MinerNameParser.Malformed) in try MinerNameParser.parse(text) }
    #expect(try parse("A").identity == MinerIdentity(account: "A", worker: ""))
    #expect(try parse("A.rig-1_x.y").identity == MinerIdentity(account: "A", worker: "rig-1_x.y"))
    let name = try parse("A.rig+cosmic_harmony")
    #expect(name.identity.user == "A.rig")
    #expect(name.algorithm == .cosmicHarmony)
    #expect(try parse("A+scrypt").identity == MinerIdentity(account: "A", worker: ""))
  }

  @Test(
    arguments: [
      ("", .noAddress), (".rig", .noAddress), ("+scrypt", .noAddress), ("A.", .worker("")), ("A.b c", .worker("b c")),
      ("A.é", .worker("é")), ("A+x11", .algorithm("x11")), ("A+", .algorithm("")),
    ] as [(String, MinerNameParser.Malformed)])
  func `a user name that cannot be read says why`(text: String, why: MinerNameParser.Malformed) {
    let error = #expect(throws: why) { try MinerNameParser.parse(text) }
    #expect(error?.description.isEmpty == false)
  }

  @Test func `a worker name has at most 64 characters`() throws {
    let name = String(repeating: "w", count: 64)
    #expect(try MinerNameParser.parse("A.\(name)").identity.worker == name)
    #expect(throws: MinerNameParser.Malformed.worker(name)) { try MinerNameParser.parse("A.\(name)w") }
  }
}
