import Stratum
import Testing

@testable import Pool

/// Which branch is the best, and that undoing leaves no trace.
struct ReorganisationTests {
  private let now = UnixTime(seconds: 1_790_000_000)
  private let parameters = ChainParameters(network: "test")

  private func add(
    _ address: String, on parent: Hash256, to state: inout ChainState, salt: UInt64 = 0, algorithm: Algorithm = .scrypt
  ) throws -> Hash256 {
    var maker = BlockMaker()
    maker.address = address
    let block = try maker.block(maker.template(on: parent, of: state, algorithm: algorithm), salt: salt)
    let (hash, entry) = try state.check(block, now: now, using: maker.hashes)
    _ = state.add(entry, hash: hash)
    return hash
  }

  @Test func `of two equal branches the first one stays, and a longer one wins`() throws {
    var state = ChainState(parameters: parameters, using: EasyHashes())
    let genesis = state.tipHash
    let first = try add("ALICE", on: genesis, to: &state)
    let second = try add("BOB", on: genesis, to: &state)
    #expect(state.tipHash == first)
    #expect(state.balances == ["ALICE": 50_000_000])
    #expect(!state.isActive(second))

    let third = try add("BOB", on: second, to: &state)
    #expect(state.tipHash == third)
    #expect(state.balances == ["BOB": 100_000_000])
    #expect(!state.isActive(first))
  }

  @Test func `a reward is mature with ten confirmations`() throws {
    var state = ChainState(parameters: parameters, using: EasyHashes())
    _ = try add("ALICE", on: state.tipHash, to: &state)
    for _ in 0..<8 { _ = try add("BOB", on: state.tipHash, to: &state) }
    #expect(state.matureBalance(of: "ALICE") == 0)
    _ = try add("BOB", on: state.tipHash, to: &state)
    #expect(state.matureBalance(of: "ALICE") == 50_000_000)
    #expect(state.matureBalance(of: "BOB") == 0)
    _ = try add("BOB", on: state.tipHash, to: &state)
    #expect(state.matureBalance(of: "BOB") == 50_000_000)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `a chain after reorganisations equals one that saw only the best branch`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var state = ChainState(parameters: parameters, using: EasyHashes())
    var known = [state.tipHash]
    for salt in 0..<40 as Range<UInt64> {
      // Mostly near the tips, so that branches grow side by side.
      let parent = known.suffix(6).randomElement(using: &random) ?? state.tipHash
      let address = ["ALICE", "BOB", "CAROL"].randomElement(using: &random) ?? "ALICE"
      let algorithm = Algorithm.allCases.randomElement(using: &random) ?? .scrypt
      known.append(try add(address, on: parent, to: &state, salt: salt, algorithm: algorithm))
    }

    var replayed = ChainState(parameters: parameters, using: EasyHashes())
    for hash in state.active.dropFirst() {
      let entry = try #require(state.entries[hash])
      let isTip = replayed.add(entry, hash: hash)
      #expect(isTip)
    }
    #expect(replayed.active == state.active)
    #expect(replayed.balances == state.balances)
    #expect(state.balances.values.reduce(0, +) == Int64(state.height) * parameters.reward.value)
    let heaviest = state.entries.values.map(\.weight).max()
    #expect(state.tip.weight == heaviest)
  }
}
