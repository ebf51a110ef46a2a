import Stratum

/// The embedded chain as a value: every known block, the best branch and what it pays to whom.
///
/// `check` says whether a block may join, `add` joins it; nothing here reads a clock or a disk.
struct ChainState: Sendable {
  let parameters: ChainParameters
  private(set) var entries: [Hash256: Entry] = [:]
  /// The best branch, by height.
  private(set) var active: [Hash256]
  private(set) var balances: [String: Int64] = [:]

  /// What is kept of a block.
  struct Entry: Sendable, Equatable {
    var header: BlockHeader
    var height: UInt32
    /// `nil` for genesis.
    var algorithm: Algorithm?
    /// Work from genesis to here; see `ChainState.weight`.
    var weight: UInt128
    var payments: [Payment]
    /// Where the block lies on disk.
    var location: Int?
  }

  struct Payment: Sendable, Equatable {
    var address: String
    var value: Int64
  }

  init(parameters: ChainParameters, using hashes: any HashFunctions) {
    self.parameters = parameters
    let genesis = parameters.genesis(using: hashes)
    let hash = genesis.withBytes { hashes.sha256d($0) }
    active = [hash]
    entries[hash] = Entry(header: genesis, height: 0, algorithm: nil, weight: 0, payments: [], location: nil)
  }

  var height: UInt32 { UInt32(active.count - 1) }

  var tipHash: Hash256 {
    guard let hash = active.last else { preconditionFailure("genesis is never undone") }
    return hash
  }

  var tip: Entry { entry(tipHash) }

  func hash(at height: UInt32) -> Hash256? { height < active.count ? active[Int(height)] : nil }

  func isActive(_ hash: Hash256) -> Bool {
    guard let entry = entries[hash] else { return false }
    return self.hash(at: entry.height) == hash
  }

  /// What an address may spend: all but the rewards of blocks with fewer confirmations than maturity.
  func matureBalance(of address: String) -> Int64 {
    let young = active.dropFirst().suffix(Int(parameters.maturity) - 1)
    let waiting = young.flatMap { entry($0).payments }.filter { $0.address == address }
    return waiting.reduce(balances[address] ?? 0) { $0 - $1.value }
  }

  private func entry(_ hash: Hash256) -> Entry {
    guard let entry = entries[hash] else { preconditionFailure("blocks of the best branch are known") }
    return entry
  }
}

// Choosing the best branch.
extension ChainState {
  /// Joins a checked block. Returns whether the tip changed.
  ///
  /// The branch with most work is the best; of two equal ones, the first that was seen.
  mutating func add(_ entry: Entry, hash: Hash256) -> Bool {
    guard entries[hash] == nil else { return false }
    entries[hash] = entry
    guard entry.weight > tip.weight else { return false }
    var branch = [hash]
    var below = entry.header.previousBlock
    while !isActive(below) {
      branch.append(below)
      below = self.entry(below).header.previousBlock
    }
    while tipHash != below { disconnectTip() }
    for hash in branch.reversed() { connect(hash) }
    return true
  }

  /// Says where a block that was added before now lies on disk.
  mutating func locate(_ hash: Hash256, at location: Int) { entries[hash]?.location = location }

  // Sums stay within 2^31 units × 2^32 blocks: see `ChainParameters.reward`.
  private mutating func connect(_ hash: Hash256) {
    for payment in entry(hash).payments { balances[payment.address, default: 0] += payment.value }
    active.append(hash)
  }

  private mutating func disconnectTip() {
    for payment in tip.payments {
      let rest = (balances[payment.address] ?? 0) - payment.value
      balances[payment.address] = rest == 0 ? nil : rest
    }
    active.removeLast()
  }
}

// What the rules ask of the next block.
extension ChainState {
  /// The required target of the next block with this algorithm on top of `parent`.
  func nextTarget(for algorithm: Algorithm, after parent: Hash256) -> Target {
    var samples: [Retarget.Sample] = []
    var recent: Set<Algorithm> = [algorithm]
    var cursor = parent
    for depth in 0..<Retarget.reach {
      guard let entry = entries[cursor], let mined = entry.algorithm else { break }
      // Algorithms share the chain's spacing: what is mined now decides among how many.
      if depth < 60 { recent.insert(mined) }
      if mined == algorithm, samples.count <= Retarget.window {
        samples.append(Retarget.Sample(nTime: entry.header.nTime, target: Self.target(of: entry.header)))
      }
      if depth >= 60, samples.count > Retarget.window { break }
      cursor = entry.header.previousBlock
    }
    let spacing = parameters.blockSeconds.multipliedReportingOverflow(by: UInt32(recent.count))
    return Retarget.next(
      after: samples.reversed(), spacing: spacing.overflow ? .max : spacing.partialValue,
      easiest: algorithm.easiestChainTarget)
  }

  /// The median of the last eleven times: a block must be later.
  func medianTime(at hash: Hash256) -> UnixTime {
    var times: [UnixTime] = []
    var cursor = hash
    while times.count < 11, let entry = entries[cursor] {
      times.append(entry.header.nTime)
      cursor = entry.header.previousBlock
    }
    times.sort()
    return times.isEmpty ? UnixTime(seconds: 0) : times[times.count / 2]
  }

  /// A block's work in 256ths of the algorithm's easiest block, so that a second of one core weighs about the same
  /// whatever it computes.
  static func weight(of target: Target, algorithm: Algorithm) -> UInt128 {
    // Easiest × 256 ÷ target: what of the factor has no room above is taken from below, where a target of 23 significant
    // bits has nothing but zeros.
    let easiest = algorithm.easiestChainTarget.number
    let room = min(8, 256 - easiest.bitWidth)
    let quotient = (easiest &<< room).quotientAndRemainder(dividingBy: target.number &>> (8 - room)).quotient
    // At most 2^64 for one block: 2^32 of them stay within the sum.
    guard quotient.l1 | quotient.l2 | quotient.l3 == 0 else { return UInt128(UInt64.max) }
    return UInt128(quotient.l0)
  }

  static func target(of header: BlockHeader) -> Target {
    do throws(Target.CompactError) {
      return try Target(nBits: header.nBits)
    } catch {
      return Target(.zero)
    }
  }
}
