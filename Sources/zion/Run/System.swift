import Glibc
import NIOCore

enum Version {
  static let current = "0.1.0"
}

enum System {
  static var coreCount: Int { NIOCore.System.coreCount }
}

/// The number of files and sockets that this process may hold.
enum DescriptorLimit {
  /// Raises the soft limit to the hard one and returns what holds now.
  static func raised() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    if limit.rlim_cur < limit.rlim_max {
      var wanted = limit
      wanted.rlim_cur = limit.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = wanted }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
