import Foundation
import Logging
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

/// Found blocks from the disk to their fate.
struct BlockSubmitterTests {
  private let maker = BlockMaker()

  /// Reports, in order.
  private final class Book: Sendable {
    private let states = Mutex<[BlockState]>([])
    var all: [BlockState] { states.withLock { $0 } }
    var labels: [String] { all.map(\.label) }
    func add(_ record: BlockRecord) { states.withLock { $0.append(record.state) } }
  }

  private func submitter(
    _ node: any ChainNode, in folder: TemporaryFolder, book: Book, poll: Duration = .milliseconds(1)
  ) throws -> BlockSubmitter {
    try BlockSubmitter(
      node: node, directory: folder.url.appendingPathComponent("blocks").path, maturity: 3, watchedDepth: 0,
      orphanDepth: 2,
      poll: poll,
      now: { UnixTime(seconds: 5) }, log: .silent, report: { book.add($0) })
  }

  private func found(_ bytes: [UInt8], height: UInt32) throws -> FoundBlock {
    let hash = bytes.prefix(80).withUnsafeBytes { maker.hashes.sha256d($0) }
    return FoundBlock(
      bytes: bytes, hash: hash, height: height, finder: MinerIdentity(account: maker.address, worker: "rig"),
      algorithm: .scrypt, networkWork: ShareWork(hashes: 1 << 100), reward: AtomicUnits(48_000_000),
      foundAt: UnixTime(seconds: 4))
  }

  private func files(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.appendingPathComponent(name).path)
      .filter { $0.hasSuffix(".json") }
  }

  @Test(.timeLimit(.minutes(1))) func `a block is followed until its reward is mature`() async throws {
    let folder = try TemporaryFolder("submit")
    let chain = try openChain(in: folder.folder("chain").path)
    let book = Book()
    let submitter = try submitter(chain, in: folder, book: book)
    let block = try found(maker.block(await chain.template(for: .scrypt)), height: 1)
    submitter.submit(block)
    submitter.submit(block)
    try await eventually("the block is immature") { book.labels.contains("immature") }
    #expect(try files(folder, "blocks").count == 1)
    #expect(await submitter.unresolved.map(\.height) == [1])
    for _ in 0..<2 { #expect(await chain.submit(try maker.block(await chain.template(for: .scrypt))) == .accepted) }
    try await eventually("the block is done") { await submitter.unresolved.isEmpty }
    #expect(book.labels.first == "found")
    #expect(book.all.last == .mature)
    #expect(try files(folder, "blocks").isEmpty)
    #expect(try files(folder, "blocks/done").count == 1)
  }

  @Test(.timeLimit(.minutes(1))) func `a block is on disk before any node sees it, and a restart takes it up`()
    async throws
  {
    let folder = try TemporaryFolder("submit")
    let hung = ScriptedNode("hung")
    hung.set { $0.isHung = true }
    let book = Book()
    let first = try submitter(hung, in: folder, book: book)
    let chain = try openChain(in: folder.folder("chain").path)
    let block = try found(maker.block(await chain.template(for: .scrypt)), height: 1)
    first.submit(block)
    try await eventually("the node is asked") { hung.calls.contains("submit") }
    let name = try #require(try files(folder, "blocks").first)
    #expect(name == "1-\(block.hash.displayHex).json")
    let text = try String(contentsOf: folder.url.appendingPathComponent("blocks/\(name)"), encoding: .utf8)
    #expect(text.contains(Hex.encode(block.bytes)))
    await first.stop()
    #expect(!book.labels.contains("immature"))

    let second = try submitter(chain, in: folder, book: book)
    try await second.resume()
    try await eventually("the chain has it") { await chain.height() == 1 }
    try await eventually("the block is immature") { book.labels.contains("immature") }
    await second.stop()

    // A third start goes on from there, with the same record.
    let third = try submitter(chain, in: folder, book: book)
    try await third.resume()
    let record = try #require(await third.unresolved.first)
    #expect(record.hash == block.hash)
    #expect(record.finder == block.finder)
    #expect(record.networkWork == block.networkWork)
    #expect(record.reward == block.reward)
    #expect(record.foundAt == block.foundAt)
    #expect(record.algorithm == .scrypt)
    await third.stop()
  }

  @Test(.timeLimit(.minutes(1))) func `a refused block is kept with its reason`() async throws {
    let folder = try TemporaryFolder("submit")
    let node = ScriptedNode("strict")
    node.set { $0.submit = .rejected(reason: "bad-cb-amount") }
    let book = Book()
    let submitter = try submitter(node, in: folder, book: book)
    submitter.submit(try found([UInt8](repeating: 1, count: 90), height: 10))
    try await eventually("the block is done") { book.all.last == .rejected(reason: "bad-cb-amount") }
    try await eventually("its file is moved") { try files(folder, "blocks/done").count == 1 }
    let name = try #require(try files(folder, "blocks/done").first)
    let text = try String(contentsOf: folder.url.appendingPathComponent("blocks/done/\(name)"), encoding: .utf8)
    #expect(text.contains("bad-cb-amount"))
  }

  @Test(.timeLimit(.minutes(1))) func `a node that comes back gets the block again`() async throws {
    let folder = try TemporaryFolder("submit")
    let node = ScriptedNode("slow")
    node.set { $0.submit = .unclear(reason: "timeout") }
    let book = Book()
    let submitter = try submitter(node, in: folder, book: book)
    submitter.submit(try found([UInt8](repeating: 2, count: 90), height: 10))
    try await eventually("it is tried again") { node.calls.filter { $0 == "submit" }.count >= 2 }
    node.set { ($0.submit, $0.status) = (.accepted, .success(.inChain(confirmations: 3))) }
    try await eventually("the block is mature") { book.all.last == .mature }
  }

  @Test(.timeLimit(.minutes(1))) func `a slow listener does not keep a block from the nodes`() async throws {
    let folder = try TemporaryFolder("submit")
    let node = ScriptedNode("n")
    node.set { $0.status = .success(.inChain(confirmations: 1)) }
    let submitter = try BlockSubmitter(
      node: node, directory: folder.url.path, maturity: 3, watchedDepth: 0, poll: .milliseconds(1),
      now: { UnixTime(seconds: 5) },
      log: .silent
    ) { _ in
      do { try await Task.sleep(for: .seconds(3600)) } catch { return }
    }
    submitter.submit(try found([UInt8](repeating: 3, count: 90), height: 10))
    try await eventually("the node is asked again and again") { node.calls.filter { $0 == "status" }.count > 5 }
  }

  @Test(.timeLimit(.minutes(1)))
  func `a stop does not wait for a listener that hangs, and leaves the block to the next start`() async throws {
    let folder = try TemporaryFolder("submit")
    _ = try folder.folder("blocks")
    let node = ScriptedNode("n")
    node.set { $0.status = .success(.inChain(confirmations: 3)) }
    let submitter = try BlockSubmitter(
      node: node, directory: folder.url.appendingPathComponent("blocks").path, maturity: 3, watchedDepth: 0,
      poll: .milliseconds(1), now: { UnixTime(seconds: 5) }, log: .silent
    ) { _ in
      do { try await Task.sleep(for: .seconds(3600)) } catch { return }
    }
    submitter.submit(try found([UInt8](repeating: 5, count: 90), height: 10))
    try await eventually("the block is mature") { await submitter.unresolved.first?.state == .mature }
    await submitter.stop()
    #expect(try files(folder, "blocks").count == 1)
    #expect(try files(folder, "blocks/done").isEmpty)
  }

  @Test(.timeLimit(.minutes(1))) func `a new tip is looked at, at once`() async throws {
    let folder = try TemporaryFolder("submit")
    let node = ScriptedNode("n")
    node.set { $0.status = .success(.inChain(confirmations: 1)) }
    let book = Book()
    let submitter = try submitter(node, in: folder, book: book, poll: .seconds(36_000))
    submitter.submit(try found([UInt8](repeating: 4, count: 90), height: 10))
    try await eventually("the block is immature") { book.all.last == .immature(confirmations: 1) }
    for (status, state) in [
      (HeaderStatus.orphaned, BlockState.immature(confirmations: 0)),
      (.inChain(confirmations: 2), .immature(confirmations: 2)),
    ] {
      node.set { $0.status = .success(status) }
      submitter.tipChanged()
      try await eventually("the block is \(state)") { book.all.last == state }
    }
    await submitter.stop()
  }

  @Test func `files that cannot be read are passed over`() async throws {
    let folder = try TemporaryFolder("submit")
    _ = try folder.folder("blocks")
    try folder.write("{}", to: "blocks/1-00.json")
    try folder.write("not json", to: "blocks/2-00.json")
    let submitter = try submitter(ScriptedNode("n"), in: folder, book: Book())
    try await submitter.resume()
    #expect(await submitter.unresolved.isEmpty)
    #expect(try files(folder, "blocks").count == 2)
  }
}
