import Glibc

/// The memory that one thread keeps for hashes that need much of it: allocated once, replaced by more when an
/// algorithm asks for more, whatever the algorithm and whatever it was used for before.
///
/// From 1 MiB on it lies on huge pages where the system grants them: the tables are read at random, and there would
/// be a miss in the TLB for nearly every row.
public final class HashScratch {
  private static let alignment = 64
  private static let hugePage = 2 << 20
  private static let hugePagesFrom = 1 << 20

  private enum Region {
    case none
    case allocated(UnsafeMutableRawPointer)
    /// `base` is what the system gave, the memory starts at the first huge page in it.
    case mapped(base: UnsafeMutableRawPointer, mappedByteCount: Int)
  }

  private var region = Region.none
  private var start: UnsafeMutableRawPointer?
  private var byteCount = 0

  public init() {}

  deinit { release() }

  /// At least `byteCount` bytes, aligned to 64; their content is unspecified. Valid until the next call, and as long as
  /// this object lives.
  public func memory(byteCount needed: Int) -> UnsafeMutableRawPointer {
    if let start, needed <= byteCount { return start }
    release()
    let memory = needed < Self.hugePagesFrom ? allocate(needed) : map(needed) ?? allocate(needed)
    start = memory
    byteCount = needed
    return memory
  }

  private func allocate(_ needed: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: Self.alignment)
    region = .allocated(memory)
    return memory
  }

  /// One huge page more than needed, so that the memory can start where one starts. `nil` when the system refuses.
  private func map(_ needed: Int) -> UnsafeMutableRawPointer? {
    let count = (needed + 2 * Self.hugePage - 1) & ~(Self.hugePage - 1)
    guard let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED
    else { return nil }
    region = .mapped(base: base, mappedByteCount: count)
    let memory = base.alignedUp(toMultipleOf: Self.hugePage)
    // A refusal leaves normal pages: slower, and as correct.
    _ = madvise(memory, count - (memory - base), MADV_HUGEPAGE)
    return memory
  }

  private func release() {
    switch region {
    case .none: break
    case .allocated(let memory): memory.deallocate()
    case .mapped(let base, let count): munmap(base, count)
    }
    region = .none
    start = nil
    byteCount = 0
  }
}
