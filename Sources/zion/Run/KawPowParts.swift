import Hashing
import Logging
import Proxy
import Stratum

/// Who verifies heavy shares, and with which of KawPow's caches.
struct KawPowParts: Sendable {
  let verifier: VerifierPool
  let caches: KawPowCaches?

  /// Names the chain where caches are asked for: shards have the numbers from 0 on.
  private static let chain = -1

  /// - Parameter isNeeded: whether any pool here mines KawPow.
  init(data: String, threads: Int, isNeeded: Bool, logger: Logger) {
    caches =
      isNeeded
      ? KawPowCaches(directory: "\(data)/kawpow", uptime: Clocks.uptime) { Self.log($0, to: logger) } : nil
    verifier = VerifierPool(threadCount: threads, caches: caches)
  }

  /// Whether a block's mix hash is what its nonce gives. Waits for the epoch's cache.
  func verifyMix(_ proof: KawPowProof) -> Bool {
    guard let caches, let epoch = KawPowEpoch(height: proof.height) else { return false }
    caches.need([proof.height], by: Self.chain)
    defer { caches.need([], by: Self.chain) }
    guard let cache = caches.wait(for: epoch) else { return false }
    return KawPow.verify(
      header: proof.headerHash, nonce: proof.nonce, mix: proof.mixHash, height: proof.height, cache: cache)
  }

  private static func log(_ event: KawPowCaches.Event, to logger: Logger) {
    let metadata: Logger.Metadata = ["epoch": "\(event.epoch.map { "\($0.number)" } ?? "")"]
    switch event {
    case .building(_, let fraction):
      logger.info(
        "making the cache of a KawPow epoch",
        metadata: metadata.merging(["percent": "\(Decimal.fixed(fraction * 100, decimals: 0))"]) { $1 })
    case .ready(_, let seconds, let fromDisk):
      logger.info(
        "the cache of a KawPow epoch is ready",
        metadata: metadata.merging(
          ["seconds": "\(Decimal.fixed(seconds, decimals: 2))", "from_disk": "\(fromDisk)"]) { $1 })
    case .dropped: logger.info("the cache of a KawPow epoch is no longer needed", metadata: metadata)
    case .noMemory: logger.error("no memory for the cache of a KawPow epoch, its shares wait", metadata: metadata)
    case .fileTrouble(let what): logger.warning("a KawPow cache file was passed over", metadata: ["reason": "\(what)"])
    }
  }
}

extension KawPowCaches.Event {
  var epoch: KawPowEpoch? {
    switch self {
    case .building(let epoch, _), .ready(let epoch, _, _), .dropped(let epoch), .noMemory(let epoch): epoch
    case .fileTrouble: nil
    }
  }
}
