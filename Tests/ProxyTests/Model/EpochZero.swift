import Hashing
import Stratum
import TestSupport
import Testing

@testable import Proxy

/// The caches of all tests that need no say in when one is made: that of epoch 0 is made once for all, in half a second.
enum EpochZero {
  static let caches: KawPowCaches = {
    let caches = KawPowCaches(directory: nil, uptime: { .zero }, report: { _ in })
    caches.need([1], by: .max)
    return caches
  }()

  static func cache() throws -> KawPowCache {
    let epoch = try #require(KawPowEpoch(number: 0))
    return try #require(caches.wait(for: epoch))
  }

  /// A folder with that cache in it, from which it is read in a moment.
  static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder("kawpow")
    try KawPowCacheFile.write(cache(), to: folder.url.path)
    return folder
  }
}
