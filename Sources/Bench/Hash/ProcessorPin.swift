import Glibc

/// Keeps a thread on one core, so that nothing is measured of moving.
enum ProcessorPin {
  /// Runs `body` on the last core that this thread may use; threads and processes that it starts stay there too.
  static func run<R>(_ body: () throws(BenchError) -> R) throws(BenchError) -> R {
    var allowed = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard sched_getaffinity(0, size, &allowed) == 0 else { throw .system(call: "sched_getaffinity", code: errno) }
    var one = cpu_set_t()
    withUnsafeBytes(of: allowed) { allowed in
      withUnsafeMutableBytes(of: &one) { one in
        // A set is a bit a core, in words of the machine's order: the highest bit of the last word that has one.
        for offset in stride(from: size - 8, through: 0, by: -8) {
          let word = allowed.load(fromByteOffset: offset, as: UInt64.self)
          guard word != 0 else { continue }
          one.storeBytes(of: 1 << UInt64(63 - word.leadingZeroBitCount), toByteOffset: offset, as: UInt64.self)
          return
        }
      }
    }
    guard sched_setaffinity(0, size, &one) == 0 else { throw .system(call: "sched_setaffinity", code: errno) }
    defer { sched_setaffinity(0, size, &allowed) }
    return try body()
  }
}
