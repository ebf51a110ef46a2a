import Glibc
import Stratum
import TestSupport
import Testing

@testable import Pool

/// The chain on disk and as a node.
struct EmbeddedChainTests {
  private let maker = BlockMaker()

  /// Mines `count` blocks into `chain` and returns them.
  private func mine(_ count: Int, into chain: EmbeddedChain) async throws -> [[UInt8]] {
    var blocks: [[UInt8]] = []
    for _ in 0..<count {
      let block = try maker.block(try await chain.template(for: .cosmicHarmony))
      #expect(await chain.submit(block) == .accepted)
      blocks.append(block)
    }
    return blocks
  }

  @Test func `an accepted block is there after a restart`() async throws {
    let directory = try TemporaryFolder("chain")
    let blocks = try await mine(5, into: try openChain(in: directory.url.path))
    let chain = try openChain(in: directory.url.path)
    #expect(await chain.height() == 5)
    #expect(try await chain.block(at: 5) == blocks[4])
    #expect(try await chain.block(at: 6) == nil)
    #expect(await chain.balance(of: maker.address).total == AtomicUnits(250_000_000))
    #expect(await chain.balance(of: maker.address).mature == .zero)
  }

  @Test func `a crash at any byte of the last block costs that block only`() async throws {
    let directory = try TemporaryFolder("chain")
    let path = "\(directory.url.path)/blocks.dat"
    _ = try await mine(2, into: try openChain(in: directory.url.path))
    let two = try fileSize(path)
    _ = try await mine(1, into: try openChain(in: directory.url.path))
    let three = try fileSize(path)
    for size in stride(from: three - 1, to: two, by: -1) {
      #expect(truncate(path, off_t(size)) == 0)
      let chain = try openChain(in: directory.url.path)
      #expect(await chain.height() == 2)
      #expect(try fileSize(path) == two)
      if size % 16 == 0 {
        #expect(await chain.submit(try maker.block(try await chain.template(for: .cosmicHarmony))) == .accepted)
        #expect(try fileSize(path) == three)
      } else {
        #expect(truncate(path, off_t(size)) == 0)
      }
    }
  }

  @Test func `zeros after the last block, as some crashes leave them, are removed`() async throws {
    let directory = try TemporaryFolder("chain")
    let path = "\(directory.url.path)/blocks.dat"
    _ = try await mine(2, into: try openChain(in: directory.url.path))
    let size = try fileSize(path)
    #expect(truncate(path, off_t(size + 5000)) == 0)
    #expect(await (try openChain(in: directory.url.path)).height() == 2)
    #expect(try fileSize(path) == size)
  }

  @Test(arguments: [0, 3, 5, 9, 40, 150])
  func `damage before the last block stops the start and removes nothing`(offset: Int) async throws {
    let directory = try TemporaryFolder("chain")
    let path = "\(directory.url.path)/blocks.dat"
    _ = try await mine(3, into: try openChain(in: directory.url.path))
    let size = try fileSize(path)
    let file = try #require(fopen(path, "r+"))
    fseek(file, offset, SEEK_SET)
    let old = fgetc(file)
    fseek(file, offset, SEEK_SET)
    fputc(old ^ 0x55, file)
    fclose(file)
    #expect(throws: ChainStorageError.damaged(path: path, offset: 0)) { try openChain(in: directory.url.path) }
    #expect(try fileSize(path) == size)
  }

  @Test func `a chain of other rules is refused with a reason`() async throws {
    let directory = try TemporaryFolder("chain")
    _ = try await mine(1, into: try openChain(in: directory.url.path))
    #expect(throws: ChainStorageError.refused(.unknownParent, offset: 0)) {
      try EmbeddedChain(
        directory: directory.url.path, parameters: ChainParameters(network: "other"), hashes: EasyHashes(),
        verifyMix: { _ in false }, now: { UnixTime(seconds: 1_760_100_000) }, log: .silent)
    }
  }

  @Test func `a second process cannot open the chain`() async throws {
    let directory = try TemporaryFolder("chain")
    let chain = try openChain(in: directory.url.path)
    #expect(throws: ChainStorageError.inUse(path: "\(directory.url.path)/blocks.dat")) {
      try openChain(in: directory.url.path)
    }
    #expect(await chain.height() == 0)
  }

  @Test func `the same block twice is accepted once`() async throws {
    let directory = try TemporaryFolder("chain")
    let chain = try openChain(in: directory.url.path)
    let block = try #require(try await mine(1, into: chain).first)
    #expect(await chain.submit(block) == .accepted)
    #expect(await chain.height() == 1)
  }

  @Test func `a header is not found, in the chain or orphaned`() async throws {
    let directory = try TemporaryFolder("chain")
    let chain = try openChain(in: directory.url.path)
    let template = try await chain.template(for: .scrypt)
    let (first, second) = (try maker.block(template, salt: 1), try maker.block(template, salt: 2))
    let name = { (block: [UInt8]) in block[..<80].withUnsafeBytes { EasyHashes().sha256d($0) } }
    #expect(await chain.status(of: name(first)) == .notFound)
    #expect(await chain.submit(first) == .accepted)
    #expect(await chain.submit(second) == .accepted)
    #expect(await chain.status(of: name(first)) == .inChain(confirmations: 1))
    #expect(await chain.status(of: name(second)) == .orphaned)
    _ = try await mine(2, into: chain)
    #expect(await chain.status(of: name(first)) == .inChain(confirmations: 3))
  }

  @Test func `a proposal needs no work, but everything else`() async throws {
    let directory = try TemporaryFolder("chain")
    let chain = try openChain(in: directory.url.path, hashes: HopelessHashes())
    let template = try await chain.template(for: .scrypt)
    let block = try maker.block(template)
    #expect(await chain.propose(block) == .valid)
    #expect(await chain.submit(block) == .rejected(reason: "high-hash"))
    var greedy = template
    greedy.coinbaseValue = AtomicUnits(50_000_001)
    #expect(await chain.propose(try maker.block(greedy)) == .rejected(reason: "bad-cb-amount"))
  }

  @Test func `whoever waits for a change is woken by a block, and by cancellation`() async throws {
    let directory = try TemporaryFolder("chain")
    let chain = try openChain(in: directory.url.path)
    let old = try await chain.template(for: .scrypt).id
    async let change: Void = chain.waitForChange(since: old)
    _ = try await mine(1, into: chain)
    try await change
    // What changed before the question does not wait.
    try await chain.waitForChange(since: old)

    let new = try await chain.template(for: .scrypt).id
    let waiting = Task { try await chain.waitForChange(since: new) }
    waiting.cancel()
    await #expect(throws: NodeError.cancelled) { try await waiting.value }
  }

  @Test func `the name says what the chain is for`() async throws {
    let directory = try TemporaryFolder("chain")
    #expect(try openChain(in: directory.url.path).name == "embedded ZION chain (development only)")
  }

  private func fileSize(_ path: String) throws -> Int {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return Int(status.st_size)
  }
}

/// No header ever has enough work.
private struct HopelessHashes: HashFunctions {
  func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256 { EasyHashes().sha256d(bytes) }
  func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256 { Hash256(number: .max) }
  func claimedHash(_ proof: KawPowProof) -> Hash256 { Hash256(number: .max) }
}
