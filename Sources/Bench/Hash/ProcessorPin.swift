import Glibc

/// Keeps a thread on one core, so that nothing is measured of moving.
enum ProcessorPin {
  /// A bit a core, as the kernel has it; room for 1,024.
  private typealias Cores = [UInt64]
  private typealias Affinity = @convention(c) (pid_t, Int, UnsafeMutablePointer<UInt64>) -> Int32

  /// Runs `body` on the last core that this thread may use; threads and processes that it starts stay there too.
  static func run<R>(_ body: () throws(BenchError) -> R) throws(BenchError) -> R {
    // The C library has them, and its Swift module leaves them out.
    let get = try SharedObject.process.function("sched_getaffinity", as: Affinity.self)
    let set = try SharedObject.process.function("sched_setaffinity", as: Affinity.self)
    var allowed = Cores(repeating: 0, count: 16)
    let size = allowed.count * 8
    guard get(0, size, &allowed) == 0 else { throw .system(call: "sched_getaffinity", code: errno) }
    var one = Cores(repeating: 0, count: allowed.count)
    if let last = allowed.lastIndex(where: { $0 != 0 }) {
      one[last] = 1 << UInt64(63 - allowed[last].leadingZeroBitCount)
    }
    guard set(0, size, &one) == 0 else { throw .system(call: "sched_setaffinity", code: errno) }
    defer { _ = set(0, size, &allowed) }
    return try body()
  }
}
