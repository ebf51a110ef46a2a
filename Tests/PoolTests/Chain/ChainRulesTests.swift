import Hashing
import Stratum
import Testing

@testable import Pool

/// What the embedded chain takes and what it refuses.
struct ChainRulesTests {
  private let maker = BlockMaker()
  private let now = UnixTime(seconds: 1_760_100_000)

  private func chain(of count: Int, algorithm: Algorithm = .scrypt) throws -> ChainState {
    var state = ChainState(parameters: ChainParameters(network: "test"), using: maker.hashes)
    for _ in 0..<count {
      let template = try maker.template(on: state.tipHash, of: state, algorithm: algorithm)
      let (hash, entry) = try state.check(try maker.block(template), now: now, using: maker.hashes)
      let isTip = state.add(entry, hash: hash)
      #expect(isTip)
    }
    return state
  }

  private func refusal(of bytes: [UInt8], by state: ChainState) -> BlockRefusal? {
    do throws(BlockRefusal) {
      _ = try state.check(bytes, now: now, using: maker.hashes)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a good block joins and pays its address`() throws {
    let state = try chain(of: 3)
    #expect(state.height == 3)
    #expect(state.balances == [maker.address: 150_000_000])
  }

  @Test(arguments: Algorithm.allCases.filter { $0.dialect == .bitcoin })
  func `a block mined with real hashes joins, and its neighbour nonce does not`(algorithm: Algorithm) throws {
    let kernels = Kernels()
    let state = ChainState(parameters: ChainParameters(network: "test"), using: kernels)
    let template = try maker.template(on: state.tipHash, of: state, algorithm: algorithm)
    let job = try maker.job(template)
    let whole = try #require(Extranonce([0, 0, 0, 1] + [UInt8](repeating: 7, count: 8)))
    let header = try BlockMaker.header(job, extranonce: whole, using: kernels)
    var search = NonceSearch(algorithm: algorithm, header: header, target: template.target)
    let first = search.first(in: NonceSearch.everyNonce)
    let found = try #require(first)

    let block = try BlockMaker.block(job, nonce: found.nonce, using: kernels)
    #expect(try state.check(block, now: now, using: kernels).entry.height == 1)
    var neighbour = block
    neighbour[76] &+= 1
    #expect(throws: BlockRefusal.proofOfWork) { try state.check(neighbour, now: now, using: kernels) }
  }

  @Test func `a KawPow block joins with the mix hash of its nonce, and with no other`() throws {
    let kernels = Kernels()
    let state = ChainState(parameters: ChainParameters(network: "test"), using: kernels)
    let template = try maker.template(on: state.tipHash, of: state, algorithm: .kawpow)
    let job = try maker.job(template)
    let work = try #require(job.work(lane: 0)?.kawpow)
    let epoch = try #require(KawPowEpoch(height: work.height))
    let built = KawPowCache.build(epoch, isCancelled: { false }, progress: { _ in })
    let cache = try #require(built)
    let verify: MixVerifier = { proof in
      KawPow.verify(
        header: proof.headerHash, nonce: proof.nonce, mix: proof.mixHash, height: proof.height, cache: cache)
    }
    let search = KawPowSearch(header: work.headerHash, height: work.height, cache: cache)
    let found = try #require(search.first(in: 0..<100_000, meeting: template.target))
    func block(nonce: UInt64, mix: Hash256) throws -> [UInt8] {
      let proof = KawPowProof(headerHash: work.headerHash, height: work.height, nonce: nonce, mixHash: mix)
      return try #require(job.block(.kawpow(proof), lane: 0, extranonce1: .empty, extranonce2: .empty))
    }

    let good = try block(nonce: found.nonce, mix: found.mix)
    let (hash, entry) = try state.check(good, now: now, using: kernels, verifyMix: verify)
    #expect(entry.height == 1)
    // Named by its proof of work, with the zeros in front.
    #expect(hash == found.hash)
    // As Ravencoin has it: 80 bytes of header with the height last, the nonce, the mix hash reversed.
    #expect(Array(good[76..<80]) == [1, 0, 0, 0])
    #expect(Array(good[88..<120].reversed()) == found.mix.bytes)

    // A made-up mix that meets the target all the same.
    var forged: (nonce: UInt64, mix: Hash256)?
    for guess in UInt64(1)..<100_000 where forged == nil {
      let mix = Hash256(number: UInt256(guess))
      let claim = KawPow.finalHash(header: work.headerHash, nonce: found.nonce, mix: mix)
      if template.target.isMet(by: claim) { forged = (found.nonce, mix) }
    }
    let lie = try #require(forged)
    let forgery = try block(nonce: lie.nonce, mix: lie.mix)
    #expect(throws: BlockRefusal.mixHash) {
      try state.check(forgery, now: now, using: kernels, verifyMix: verify)
    }
    let weak = try block(nonce: found.nonce, mix: Hash256(number: .max))
    #expect(throws: BlockRefusal.self) { try state.check(weak, now: now, using: kernels, verifyMix: verify) }
    var otherHeight = good
    otherHeight[76] = 2
    #expect(throws: BlockRefusal.self) {
      try state.check(otherHeight, now: now, using: kernels, verifyMix: { _ in true })
    }
  }

  @Test func `what a header promises is checked`() throws {
    let state = try chain(of: 2)
    let good = try maker.template(on: state.tipHash, of: state, algorithm: .scrypt)
    func refusal(_ change: (inout BlockTemplate) -> Void) throws -> BlockRefusal? {
      var template = good
      change(&template)
      return self.refusal(of: try maker.block(template), by: state)
    }
    #expect(try refusal({ _ in }) == nil)
    #expect(try refusal({ $0.previousBlock = .zero }) == .unknownParent)
    #expect(try refusal({ $0.version = 0x2000_0000 }) == .algorithm)
    #expect(try refusal({ $0.nBits -= 1 }) == .difficulty)
    #expect(try refusal({ $0.curTime = $0.minTime.advanced(by: -1) }) == .tooOld)
    #expect(try refusal({ $0.curTime = $0.minTime }) == nil)
    #expect(try refusal({ $0.curTime = now.advanced(by: 7200) }) == nil)
    #expect(try refusal({ $0.curTime = now.advanced(by: 7201) }) == .tooNew)
    #expect(try refusal({ $0.height += 1 }) == .height)
    #expect(try refusal({ $0.coinbaseValue = AtomicUnits(50_000_001) }) == .amount)
    #expect(try refusal({ $0.coinbaseValue = AtomicUnits(49_999_999) }) == nil)
    #expect(try refusal({ $0.witnessCommitment = [0x6a, 1, 2] }) == .noCoinbase)
    var other = maker
    other.fees = [FeeOutput(account: "nobody", script: [0x51], basisPoints: 100)]
    #expect(self.refusal(of: try other.block(good), by: state) == .outputScript)
  }

  @Test func `what a block carries is checked`() throws {
    let state = try chain(of: 1)
    let block = try maker.block(maker.template(on: state.tipHash, of: state, algorithm: .scrypt))
    var changed = block
    changed[40] ^= 1
    #expect(refusal(of: changed, by: state) == .merkleRoot)
    changed = block
    changed[80] = 2
    #expect(refusal(of: changed, by: state) == .transactions)
    #expect(refusal(of: block + [0], by: state) == .malformed)
    #expect(refusal(of: block + [UInt8](repeating: 0, count: 100_000), by: state) == .tooLarge)
    for cut in 0..<block.count { #expect(refusal(of: Array(block[..<cut]), by: state) == .malformed) }
  }

  @Test func `an algorithm that the network has not enabled is refused`() throws {
    let parameters = ChainParameters(network: "test", algorithms: [.scrypt])
    let state = ChainState(parameters: parameters, using: maker.hashes)
    let template = try maker.template(on: state.tipHash, of: state, algorithm: .sha256d)
    #expect(refusal(of: try maker.block(template), by: state) == .algorithm)
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func `a block with random bytes in it is refused and nothing worse`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let state = try chain(of: 1)
    let block = try maker.block(maker.template(on: state.tipHash, of: state, algorithm: .scrypt))
    var changed = block
    for _ in 0...Int.random(in: 0..<4, using: &random) {
      changed[Int.random(in: 36..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    // Header bytes that are free (nTime within its window, nonce) may change; everything else is bound by the root.
    if changed[80...] != block[80...] || changed[36..<68] != block[36..<68] {
      #expect(refusal(of: changed, by: state) != nil)
    }
    let noise = (0..<Int.random(in: 0..<400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(refusal(of: noise, by: state) != nil)
    #expect(refusal(of: Array(block[..<80]) + [1] + noise, by: state) != nil)
  }

  @Test func `a fork below the deepest reorganisation is refused`() throws {
    let state = try chain(of: 60)
    let deep = try #require(state.hash(at: 9))
    let allowed = try #require(state.hash(at: 10))
    let low = try maker.block(maker.template(on: deep, of: state, algorithm: .scrypt), salt: 1)
    #expect(refusal(of: low, by: state) == .tooDeep)
    let fork = try maker.block(maker.template(on: allowed, of: state, algorithm: .scrypt), salt: 1)
    #expect(refusal(of: fork, by: state) == nil)
  }

  @Test func `networks with other names have other genesis blocks`() throws {
    let one = ChainState(parameters: ChainParameters(network: "one"), using: maker.hashes)
    let again = ChainState(parameters: ChainParameters(network: "one"), using: maker.hashes)
    let two = ChainState(parameters: ChainParameters(network: "two"), using: maker.hashes)
    #expect(one.tipHash == again.tipHash)
    #expect(one.tipHash != two.tipHash)
    let block = try maker.block(maker.template(on: one.tipHash, of: one, algorithm: .scrypt))
    #expect(refusal(of: block, by: two) == .unknownParent)
  }
}
