import Glibc

/// What the machine gives a benchmark.
public struct Machine: Sendable {
  public let cores: Int
  public let model: String
  public let kernel: String
  /// File descriptors that one process may have, raised to its hard limit.
  public let descriptorLimit: Int

  /// Looks, and raises this process's soft descriptor limit to the hard one; children inherit it.
  public init() {
    cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    descriptorLimit = Int(clamping: limit.rlim_cur)
    let name = ProcFile.read("/proc/cpuinfo").split(separator: UInt8(ascii: "\n"))
      .first { $0.starts(with: "model name".utf8) }?.split(separator: UInt8(ascii: ":")).last
    model = name.map { String(decoding: $0.dropFirst(), as: UTF8.self) } ?? "unknown processor"
    let release = ProcFile.read("/proc/sys/kernel/osrelease").prefix { $0 != UInt8(ascii: "\n") }
    kernel = String(decoding: release, as: UTF8.self)
  }

  /// Connections that fit into one process besides what else it has open.
  public var connectionLimit: Int { max(0, descriptorLimit - 200) }

  public var description: String {
    "\(cores) cores (\(model)), Linux \(kernel), \(descriptorLimit) file descriptors a process: "
      + "up to \(connectionLimit) connections, load generator and server in processes of their own"
  }
}
