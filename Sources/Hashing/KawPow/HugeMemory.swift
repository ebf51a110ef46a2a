import Glibc

/// Anonymous memory, zero at first, on huge pages where the system has them: random reads over many megabytes then
/// find their address without a second miss.
///
/// Whoever holds it keeps it mapped. What is written is up to the holder, before others get to know it.
final class HugeMemory: Sendable {
  let byteCount: Int
  /// A pointer is not `Sendable`; its address is.
  private let address: UInt
  private let mappedByteCount: Int

  private static let pageByteCount = 2 << 20

  /// `nil` when the system has no memory. `byteCount` is above 0.
  init?(byteCount: Int) {
    let rounded = (byteCount + (Self.pageByteCount - 1)) / Self.pageByteCount * Self.pageByteCount
    // A page more than needed, so that a part of it begins where a huge page can; the rest is given back.
    let mapped = mmap(
      nil, rounded + Self.pageByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    let misfit = UInt(bitPattern: mapped) % UInt(Self.pageByteCount)
    let before = misfit == 0 ? 0 : Self.pageByteCount - Int(misfit)
    let start = mapped + before
    if before > 0 { munmap(mapped, before) }
    if before < Self.pageByteCount { munmap(start + rounded, Self.pageByteCount - before) }
    // A system without huge pages refuses, and is only slower.
    _ = madvise(start, rounded, MADV_HUGEPAGE)
    self.byteCount = byteCount
    mappedByteCount = rounded
    address = UInt(bitPattern: start)
  }

  deinit { munmap(start, mappedByteCount) }

  var start: UnsafeMutableRawPointer {
    guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else { preconditionFailure("mmap gave no page 0") }
    return pointer
  }
}
