import Glibc
import Synchronization

/// A right that is had by a locked file: the system gives it back when the process ends, however it ends.
final class FileLease: DatabaseLease {
  private let descriptor: Mutex<Int32?>

  /// `nil` when another process, or another part of this one, has it.
  init?(path: String) throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .unavailable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
    guard FileLock.take(file) else {
      let reason = errno
      close(file)
      guard reason == EWOULDBLOCK else {
        throw .unavailable("\(path) cannot be locked: \(String(cString: strerror(reason)))")
      }
      return nil
    }
    descriptor = Mutex(file)
  }

  deinit { release() }

  func holds() async -> Bool { descriptor.withLock { $0 != nil } }

  func end() async { release() }

  private func release() {
    descriptor.withLock { descriptor in
      if let file = descriptor { FileLock.release(closing: file) }
      descriptor = nil
    }
  }
}
