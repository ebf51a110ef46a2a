import Hashing
import Stratum

/// KawPow beside `kawpow.c`: a plain C translation of its specification, and the same with a dataset word's items side by
/// side, as the field's implementation has them.
enum KawPowPairs {
  private typealias ItemCount = @convention(c) (UInt32) -> Int
  private typealias BuildCache = @convention(c) (UInt32, UnsafeMutableRawPointer) -> Void
  private typealias BuildL1 = @convention(c) (UInt32, UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
  private typealias Hash =
    @convention(c) (
      UInt32, UnsafeRawPointer, UnsafeRawPointer, UInt32, UnsafePointer<UInt8>, UInt64, UnsafeMutablePointer<UInt8>,
      UnsafeMutablePointer<UInt8>
    ) -> Void
  private typealias Final =
    @convention(c) (
      UnsafePointer<UInt8>, UInt64, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>
    ) -> Void

  static func run(_ library: SharedObject, _ cases: [KawPowCase], _ pace: TrialPace) throws(BenchError) -> [Finding] {
    let itemCount = try library.function("reference_kawpow_cache_items", as: ItemCount.self)
    let buildCache = try library.function("reference_kawpow_light_cache", as: BuildCache.self)
    let buildL1 = try library.function("reference_kawpow_l1", as: BuildL1.self)
    let implementations = [
      ("plain C", try library.function("reference_kawpow_hash_plain", as: Hash.self)),
      ("C, a word's items side by side", try library.function("reference_kawpow_hash", as: Hash.self)),
    ]
    let final = try library.function("reference_kawpow_final", as: Final.self)
    var findings: [Finding] = []
    for kawPow in cases {
      let (epoch, height) = (kawPow.epoch.number, kawPow.height)
      let scratch = HashScratch()
      let bytes = itemCount(epoch) * 64
      // Huge pages for both sides, as for yespower.
      let cache = scratch.memory(byteCount: bytes + 16384)
      let l1 = cache + bytes
      let build = {
        buildCache(epoch, cache)
        buildL1(epoch, cache, l1)
      }
      build()
      for (name, hash) in implementations {
        let reference = Contender { header, digest in
          withExtendedLifetime(scratch) {
            withMix { mix in
              hash(epoch, cache, l1, height, header.octets, KawPowCase.nonce(header), mix.octets, digest.octets)
              KawPowCase.exclusiveOr(digest, with: Hash256(at: mix))
            }
          }
        }
        findings += try kawPow.verifications(beside: name, reference, pace)
      }
      if height == cases.last?.height {
        let builds = PairedTrial(
          name: "kawpow light cache, epoch \(epoch): plain C",
          ours: Contender { _, _ in
            _ = KawPowCache.build(kawPow.epoch, isCancelled: { false }, progress: { _ in })
          },
          reference: Contender { _, _ in build() }, compared: 0)
        findings.append(try builds.finding(pace, aim: .atLeast(1), unit: "builds per s"))
      }
    }
    findings.append(
      try PairedTrial(
        name: "kawpow claimed-mix check: plain C", ours: claimedMix,
        reference: Contender { header, digest in
          final(header.octets, KawPowCase.nonce(header), header.octets + 32, digest.octets)
        }
      ).finding(pace, aim: nil))
    return findings
  }

  /// The final hash of a mix that is claimed: a header's second 32 bytes. Its number's bytes are reversed.
  static var claimedMix: Contender {
    Contender { header, digest in
      guard let base = header.baseAddress else { return }
      let final = KawPow.finalHash(
        header: Hash256(at: base), nonce: KawPowCase.nonce(header), mix: Hash256(at: base + 32))
      final.store(to: digest)
    }.reversed
  }

  static func withMix(_ body: (UnsafeMutableRawPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { mix in
      guard let mix = mix.baseAddress else { preconditionFailure("32 bytes were allocated") }
      body(mix)
    }
  }
}

extension KawPowCase {
  /// One at a time, and side by side.
  fileprivate func verifications(beside name: String, _ reference: Contender, _ pace: TrialPace)
    throws(BenchError) -> [Finding]
  {
    let title = "kawpow verification, epoch \(epoch.number)"
    return [
      try PairedTrial(name: "\(title): \(name)", ours: Contender(ours), reference: reference, compared: 8)
        .finding(pace, aim: .atLeast(1.5)),
      try PairedTrial(
        name: "\(title), \(KawPow.batchSize) side by side: \(name)", ours: sideBySide, reference: reference,
        compared: 8
      ).finding(pace, aim: .atLeast(1.5)),
    ]
  }
}

/// KawPow beside the package `kawpow` of PyPI, which pools use: its C++ library behind `kawpow_package.cpp`.
enum KawPowPackagePairs {
  private typealias Final =
    @convention(c) (
      UnsafePointer<UInt8>, UInt64, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>
    ) -> Void
  private typealias Seed = @convention(c) (UInt32, UnsafeMutablePointer<UInt8>) -> Void
  private typealias Create = @convention(c) (UInt32) -> OpaquePointer?
  private typealias Destroy = @convention(c) (OpaquePointer) -> Void
  private typealias Hash =
    @convention(c) (
      OpaquePointer, UInt32, UnsafePointer<UInt8>, UInt64, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>
    ) -> Void

  static func run(_ library: SharedObject, _ kawPow: KawPowCase, _ pace: TrialPace) throws(BenchError) -> [Finding] {
    let final = try library.function("package_kawpow_final", as: Final.self)
    let seed = try library.function("package_kawpow_seed", as: Seed.self)
    let create = try library.function("package_kawpow_create", as: Create.self)
    let destroy = try library.function("package_kawpow_destroy", as: Destroy.self)
    let hash = try library.function("package_kawpow_hash", as: Hash.self)
    let (epoch, height) = (kawPow.epoch.number, kawPow.height)
    guard let context = create(epoch) else { throw .system(call: "calloc of a KawPow cache", code: 12) }
    defer { destroy(context) }
    let package = Contender { header, digest in
      KawPowPairs.withMix { mix in
        hash(context, height, header.octets, KawPowCase.nonce(header), mix.octets, digest.octets)
        KawPowCase.exclusiveOr(digest, with: Hash256(at: mix))
      }
    }
    let chain = KawPowEpoch.highestNumber
    return try kawPow.verifications(beside: "PyPI's kawpow", package, pace) + [
      try PairedTrial(
        name: "kawpow claimed-mix check: PyPI's kawpow", ours: KawPowPairs.claimedMix,
        reference: Contender { header, digest in
          final(header.octets, KawPowCase.nonce(header), header.octets + 32, digest.octets)
        }
      ).finding(pace, aim: .atLeast(1)),
      try PairedTrial(
        name: "Keccak-256, a chain of \(chain): PyPI's kawpow",
        ours: Contender { _, digest in KawPowEpoch(number: chain)?.seedHash.store(to: digest) },
        reference: Contender { _, digest in seed(chain, digest.octets) }, compared: 1
      ).finding(pace, aim: nil, unit: "chains per s"),
    ]
  }
}
