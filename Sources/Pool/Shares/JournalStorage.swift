import Glibc
import Stratum

/// Why a journal cannot be read or written.
public enum JournalError: Error, Equatable, Sendable {
  case system(call: String, path: String, errno: Int32)
  /// Another process has the journal open.
  case inUse(path: String)
  /// What stands in it has a number after which there are none for us: it was not written by us.
  case exhausted(file: String)
}

extension JournalError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let call, let path, let code): "\(call) \(path): \(String(cString: strerror(code)))"
    case .inUse(let path): "\(path) is in use by another process: stop it, or give this one another directory"
    case .exhausted(let file):
      "\(file) has a segment or share with a number that this journal would not reach in a thousand years: it was "
        + "written by something else; move it out of the directory"
    }
  }
}

/// A segment that is being written. Used by one thread at a time.
protocol JournalFile: Sendable {
  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError)
  /// Returns when everything written is on disk.
  func sync() throws(JournalError)
  /// Cuts the file, and returns when that is on disk.
  func truncate(to byteCount: Int) throws(JournalError)
}

/// Where segments are: a directory, or a test's idea of one.
protocol JournalStorage: Sendable {
  /// What this journal is called, for ever: several may fill one database.
  func identity() throws(JournalError) -> String
  /// Segment numbers, in order.
  func segments() throws(JournalError) -> [UInt64]
  /// For messages.
  func name(of segment: UInt64) -> String
  /// Creates an empty segment that survives a crash by name.
  func create(_ segment: UInt64) throws(JournalError) -> any JournalFile
  func open(_ segment: UInt64) throws(JournalError) -> any JournalFile
  /// At most `count` bytes from `offset`; fewer only at the end, none when the segment is missing.
  func read(_ segment: UInt64, at offset: Int, count: Int) throws(JournalError) -> [UInt8]
  /// When the segment was last written; `nil` when it is missing.
  func lastWritten(_ segment: UInt64) throws(JournalError) -> UnixTime?
  func remove(_ segment: UInt64) throws(JournalError)
}

/// Segments as files `0000000000000001.shares`, in a directory that is locked as long as this lives.
final class JournalDirectory: JournalStorage {
  private let path: String
  private let lock: Int32
  private static let suffix = ".shares"

  /// Creates the directory when it is missing (its parent must exist).
  init(_ path: String) throws(JournalError) {
    self.path = path
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw .system(call: "mkdir", path: path, errno: errno)
    }
    let lockPath = "\(path)/lock"
    lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else { throw .system(call: "open", path: lockPath, errno: errno) }
    guard FileLock.take(lock) else { throw .inUse(path: path) }
  }

  deinit { if lock >= 0 { FileLock.release(closing: lock) } }

  func identity() throws(JournalError) -> String {
    let file = "\(path)/id"
    if let known = String(validating: try read(at: file, offset: 0, count: 64), as: UTF8.self), known.utf8.count == 32 {
      return known
    }
    var random = SystemRandomNumberGenerator()
    let name = Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    let new = "\(file).new"
    let made = try SegmentFile(path: new, flags: O_RDWR | O_CREAT | O_TRUNC)
    let text = Array(name.utf8)
    let written = text.withUnsafeBytes { raw in
      Result { () throws(JournalError) in try made.write(raw, at: 0) }
    }
    try written.get()
    try made.sync()
    guard rename(new, file) == 0 else { throw .system(call: "rename", path: file, errno: errno) }
    return name
  }

  func name(of segment: UInt64) -> String {
    let digits = String(segment, radix: 16)
    return "\(path)/\(String(repeating: "0", count: 16 - digits.count))\(digits)\(Self.suffix)"
  }

  func segments() throws(JournalError) -> [UInt64] {
    guard let directory = opendir(path) else { throw .system(call: "opendir", path: path, errno: errno) }
    defer { closedir(directory) }
    var numbers: [UInt64] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasSuffix(Self.suffix), let number = UInt64(name.dropLast(Self.suffix.count), radix: 16) else {
        continue
      }
      numbers.append(number)
    }
    return numbers.sorted()
  }

  func create(_ segment: UInt64) throws(JournalError) -> any JournalFile {
    let file = try SegmentFile(path: name(of: segment), flags: O_RDWR | O_CREAT | O_EXCL)
    let directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .system(call: "open", path: path, errno: errno) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
    return file
  }

  func open(_ segment: UInt64) throws(JournalError) -> any JournalFile {
    try SegmentFile(path: name(of: segment), flags: O_RDWR)
  }

  func read(_ segment: UInt64, at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    try read(at: name(of: segment), offset: offset, count: count)
  }

  private func read(at path: String, offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return [] }
      throw .system(call: "open", path: path, errno: errno)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { raw in
        pread(descriptor, raw.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .system(call: "read", path: path, errno: errno) }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  func lastWritten(_ segment: UInt64) throws(JournalError) -> UnixTime? {
    let path = name(of: segment)
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .system(call: "stat", path: path, errno: errno)
    }
    return UnixTime(seconds: UInt32(clamping: status.st_mtim.tv_sec))
  }

  func remove(_ segment: UInt64) throws(JournalError) {
    let path = name(of: segment)
    guard unlink(path) == 0 || errno == ENOENT else { throw .system(call: "unlink", path: path, errno: errno) }
  }
}

/// A segment as a file, closed when it is no longer used.
final class SegmentFile: JournalFile {
  private let descriptor: Int32
  private let path: String

  init(path: String, flags: Int32) throws(JournalError) {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, errno: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
    var written = 0
    while written < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system(call: "write", path: path, errno: count < 0 ? errno : ENOSPC) }
      written += count
    }
  }

  func sync() throws(JournalError) {
    guard fdatasync(descriptor) == 0 else { throw .system(call: "fdatasync", path: path, errno: errno) }
  }

  func truncate(to byteCount: Int) throws(JournalError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw .system(call: "ftruncate", path: path, errno: errno)
    }
    guard fsync(descriptor) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
  }
}
