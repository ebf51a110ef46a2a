import Glibc
import Logging
import Stratum

/// A real chain on a small scale, for development: proof of work, difficulty, reorganisation, balances and disk, and
/// nobody but ourselves to agree with.
public actor EmbeddedChain {
  public nonisolated let parameters: ChainParameters

  private var state: ChainState
  private var file: BlockFile
  private let hashes: any HashFunctions
  private let verifyMix: MixVerifier
  private let now: @Sendable () -> UnixTime
  private let log: Logger
  private var waiters: [UInt64: (tip: Hash256, continuation: CheckedContinuation<Void, Never>)] = [:]
  private var nextWaiter: UInt64 = 0

  /// Opens the chain in `directory` (created when missing) and reads every block in it again.
  ///
  /// - Parameters:
  ///   - verifyMix: called for KawPow blocks whose claimed hash is good enough.
  ///   - now: the wall clock, for blocks' times.
  public init(
    directory: String, parameters: ChainParameters, hashes: any HashFunctions, verifyMix: @escaping MixVerifier,
    now: @escaping @Sendable () -> UnixTime, log: Logger
  ) throws(ChainStorageError) {
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
      throw .system(call: "mkdir", path: directory, errno: errno)
    }
    var state = ChainState(parameters: parameters, using: hashes)
    let time = now()
    file = try BlockFile.opening(directory: directory) { (bytes, location) throws(ChainStorageError) in
      do throws(BlockRefusal) {
        var (hash, entry) = try state.check(bytes, now: time, checks: .proofOfWork, using: hashes, verifyMix: verifyMix)
        entry.location = location
        _ = state.add(entry, hash: hash)
      } catch {
        throw .refused(error, offset: location)
      }
    }
    self.state = state
    self.parameters = parameters
    self.hashes = hashes
    self.verifyMix = verifyMix
    self.now = now
    self.log = log
    if let repair = file.repair {
      log.warning(
        "removed a block that was cut by a crash",
        metadata: ["offset": "\(repair.offset)", "bytes": "\(repair.removedByteCount)"])
    }
  }
}

extension EmbeddedChain: ChainNode {
  public nonisolated var name: String { "embedded ZION chain (development only)" }

  public func template(for algorithm: Algorithm) throws(NodeError) -> BlockTemplate {
    guard parameters.algorithms.contains(algorithm) else { throw .unsupportedAlgorithm(algorithm) }
    let tip = state.tipHash
    let target = state.nextTarget(for: algorithm, after: tip)
    let minimum = state.medianTime(at: tip).advanced(by: 1)
    return BlockTemplate(
      algorithm: algorithm, height: state.height + 1, version: algorithm.chainVersion, previousBlock: tip,
      nBits: target.nBits, target: target, minTime: minimum, curTime: max(now(), minimum),
      coinbaseValue: parameters.reward, mutable: ["time"], sizeLimit: parameters.sizeLimit)
  }

  public func waitForChange(since template: TemplateID) async throws(NodeError) {
    let id = nextWaiter
    nextWaiter += 1
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled || state.tipHash != template.previousBlock {
          continuation.resume()
        } else {
          waiters[id] = (template.previousBlock, continuation)
        }
      }
    } onCancel: {
      Task { await self.wake(id) }
    }
    if Task.isCancelled { throw .cancelled }
  }

  public func submit(_ block: [UInt8]) -> SubmitResult {
    do throws(BlockRefusal) {
      let (hash, entry) = try state.check(block, now: now(), using: hashes, verifyMix: verifyMix)
      guard state.entries[hash] == nil else { return .accepted }
      return store(block, hash: hash, entry: entry)
    } catch {
      // A parent that is not here yet, or a clock that is behind, may be cured by time.
      switch error {
      case .unknownParent, .tooNew: return .unclear(reason: error.rawValue)
      default: return .rejected(reason: error.rawValue)
      }
    }
  }

  public func propose(_ block: [UInt8]) -> ProposalResult {
    do throws(BlockRefusal) {
      let (_, entry) = try state.check(block, now: now(), checks: .clock, using: hashes, verifyMix: verifyMix)
      guard entry.header.previousBlock == state.tipHash else { return .unclear(reason: "bad-prevblk") }
      return .valid
    } catch {
      return .rejected(reason: error.rawValue)
    }
  }

  public func status(of block: Hash256) -> HeaderStatus {
    guard let entry = state.entries[block] else { return .notFound }
    return state.isActive(block) ? .inChain(confirmations: state.height - entry.height + 1) : .orphaned
  }

  public func height() -> UInt32 { state.height }

  public func scriptPubKey(for address: String) -> [UInt8]? { Self.script(paying: address) }

  /// As `scriptPubKey`, for those who cannot wait.
  public static func script(paying address: String) -> [UInt8]? { ChainScript.paying(address) }

  private func store(_ block: [UInt8], hash: Hash256, entry: ChainState.Entry) -> SubmitResult {
    var entry = entry
    do throws(ChainStorageError) {
      entry.location = try file.append(block)
    } catch {
      log.error("block not stored", metadata: ["hash": "\(hash.displayHex)", "error": "\(error)"])
      return .unclear(reason: "block not stored: \(error)")
    }
    if state.add(entry, hash: hash) {
      log.debug("new tip", metadata: ["height": "\(state.height)", "hash": "\(hash.displayHex)"])
      let stale = waiters.filter { $0.value.tip != state.tipHash }
      for id in stale.keys { wake(id) }
    }
    return .accepted
  }

  private func wake(_ id: UInt64) { waiters.removeValue(forKey: id)?.continuation.resume() }
}

/// What the dashboard shows of the embedded chain.
public struct ChainStatus: Sendable, Equatable {
  public var network: String
  public var height: UInt32
  /// Double SHA-256 of the best block's header.
  public var tip: Hash256
  public var tipTime: UnixTime
  /// Of the next block, for each algorithm.
  public var difficulties: [Algorithm: Difficulty]
}

/// What an address has on the embedded chain.
public struct ChainBalance: Sendable, Equatable {
  public var total: AtomicUnits
  /// The part whose blocks have enough confirmations.
  public var mature: AtomicUnits
}

extension EmbeddedChain {
  public var status: ChainStatus {
    let tip = state.tipHash
    let difficulties = parameters.algorithms.map { ($0, state.nextTarget(for: $0, after: tip).difficulty(for: $0)) }
    return ChainStatus(
      network: parameters.network, height: state.height, tip: tip, tipTime: state.tip.header.nTime,
      difficulties: Dictionary(difficulties) { first, _ in first })
  }

  public func balance(of address: String) -> ChainBalance {
    ChainBalance(
      total: AtomicUnits(state.balances[address] ?? 0), mature: AtomicUnits(state.matureBalance(of: address)))
  }

  /// Double SHA-256 of the header of the best branch's block at `height`.
  public func hash(at height: UInt32) -> Hash256? { state.hash(at: height) }

  /// The serialised block of the best branch; `nil` above the tip and for genesis, which has no body.
  public func block(at height: UInt32) throws(ChainStorageError) -> [UInt8]? {
    guard let hash = state.hash(at: height), let location = state.entries[hash]?.location else { return nil }
    return try file.block(at: location)
  }

  /// What a block pays, address by address; `nil` when it is unknown.
  public func payments(of block: Hash256) -> [(address: String, value: AtomicUnits)]? {
    state.entries[block]?.payments.map { ($0.address, AtomicUnits($0.value)) }
  }
}
