import Pool
import Proxy
import Stratum
import Testing

@testable import zion

@Suite struct MinerNamesTests {
  /// A node that cannot be asked.
  private struct DeadNode: ChainNode {
    let name = "dead"
    private var gone: NodeError { .unreachable("test") }
    func template(for algorithm: Algorithm) async throws(NodeError) -> BlockTemplate { throw gone }
    func waitForChange(since template: TemplateID) async throws(NodeError) { throw gone }
    func submit(_ block: [UInt8]) async -> SubmitResult { .unclear(reason: "test") }
    func propose(_ block: [UInt8]) async throws(NodeError) -> ProposalResult { throw gone }
    func status(of block: Hash256) async throws(NodeError) -> HeaderStatus { throw gone }
    func height() async throws(NodeError) -> UInt32 { throw gone }
    func scriptPubKey(for address: String) async throws(NodeError) -> [UInt8]? { throw gone }
  }

  private static let address = "n4bUheZ4FksxA6GNXBad2uYeqDFzwhM7HH"

  private func account(of user: String, farm: String?) async -> String? {
    let names = MinerNames(book: AddressBook(node: DeadNode(), zion: nil), farmAccount: farm)
    guard case .accepted(let miner, _) = await names.check(user) else { return nil }
    return miner.user
  }

  /// Seed 5 of `zion chaos`: who logged in while the node was away mined for the operator from then on.
  @Test func `who gives an address earns under it, also when no node can check it`() async {
    #expect(await account(of: "\(Self.address).rig", farm: "operator") == "\(Self.address).rig")
  }

  @Test func `a machine of a farm earns for the operator while no node can check its name`() async {
    #expect(await account(of: "roof.rig", farm: "operator") == "operator.rig")
    // One letter of the address mistyped.
    #expect(await account(of: "x\(Self.address.dropFirst()).rig", farm: "operator") == "operator.rig")
  }

  @Test func `a pool without upstream pools lets nobody in whom it cannot check`() async {
    #expect(await account(of: "\(Self.address).rig", farm: nil) == nil)
  }
}
