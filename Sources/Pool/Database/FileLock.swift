import Glibc

/// The right to an open file, against other processes and other parts of this one: `flock(2)`.
enum FileLock {
  /// `false` with `errno` when it cannot be had: `EWOULDBLOCK` when another holds it.
  static func take(_ descriptor: Int32) -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

  /// Closes the file and gives the right back now. Closing alone gives it back only when every copy of the descriptor
  /// is closed, and a child that was forked meanwhile has one until it executes its program.
  static func release(closing descriptor: Int32) {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
