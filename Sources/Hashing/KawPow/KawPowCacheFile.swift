import COpenSSL
import Glibc
import Stratum

/// A light cache on disk, so that a restart costs the time of reading it.
///
/// `ZKAWPOW1` ‖ version LE32 ‖ epoch LE32 ‖ byte count LE64 ‖ SHA-256 of all that and the contents ‖ 8 zero bytes ‖
/// the contents: light cache and L1 cache.
public enum KawPowCacheFile {
  private static let magic = Array("ZKAWPOW1".utf8)
  private static let version: UInt32 = 1
  private static let digestOffset = 24
  private static let headerByteCount = 64

  public static func path(of epoch: KawPowEpoch, in directory: String) -> String {
    "\(directory)/kawpow-\(epoch.number).cache"
  }

  /// Writes a cache so that a crash leaves the old file, or none, or the whole of the new one. Makes the directory.
  public static func write(_ cache: KawPowCache, to directory: String) throws(KawPowCacheFileError) {
    if mkdir(directory, 0o755) != 0, errno != EEXIST {
      throw .system(call: "mkdir", path: directory, errno: errno)
    }
    let path = path(of: cache.epoch, in: directory)
    let unfinished = path + ".new"
    do throws(KawPowCacheFileError) {
      let file = try Descriptor(opening: unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
      let contents = cache.contents
      var header = start(of: cache.epoch, byteCount: contents.count)
      header += digest(header, contents).bytes + [UInt8](repeating: 0, count: 8)
      try file.write(header)
      try file.write(contents)
      try file.sync()
      guard rename(unfinished, path) == 0 else { throw .system(call: "rename", path: path, errno: errno) }
    } catch {
      unlink(unfinished)
      throw error
    }
    try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync()
  }

  /// Reads an epoch's cache; `nil` when there is no file. A file that is not exactly what `write` makes is refused,
  /// and no memory is taken for one of the wrong size: build the cache instead, and write it again.
  public static func load(_ epoch: KawPowEpoch, from directory: String) throws(KawPowCacheFileError) -> KawPowCache? {
    let path = path(of: epoch, in: directory)
    let file: Descriptor
    do throws(KawPowCacheFileError) {
      file = try Descriptor(opening: path, O_RDONLY | O_CLOEXEC)
    } catch {
      if case .system(_, _, ENOENT) = error { return nil }
      throw error
    }
    let byteCount = KawPowCache.byteCount(of: epoch)
    guard try file.size() == headerByteCount + byteCount else { throw .damaged(path: path, .size) }
    let header = try file.read(byteCount: headerByteCount)
    guard header.starts(with: magic) else { throw .damaged(path: path, .magic) }
    let expected = start(of: epoch, byteCount: byteCount)
    guard header[8..<12] == expected[8..<12] else { throw .damaged(path: path, .version) }
    guard header.starts(with: expected) else { throw .damaged(path: path, .epoch) }
    guard let memory = HugeMemory(byteCount: byteCount) else {
      throw .system(call: "mmap for", path: path, errno: ENOMEM)
    }
    let contents = UnsafeMutableRawBufferPointer(start: memory.start, count: byteCount)
    try file.read(contents)
    let digest = digest(expected, UnsafeRawBufferPointer(contents)).bytes + [UInt8](repeating: 0, count: 8)
    guard header[digestOffset...].elementsEqual(digest) else { throw .damaged(path: path, .checksum) }
    return KawPowCache(epoch, memory: memory)
  }

  /// Removes the files of all epochs but those that `isKept`, and what an interrupted `write` left of others.
  public static func prune(_ directory: String, keeping isKept: (KawPowEpoch) -> Bool) {
    guard let stream = opendir(directory) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
          String(cString: $0)
        }
      }
      guard let epoch = epoch(ofFileName: name), !isKept(epoch) else { continue }
      unlink("\(directory)/\(name)")
    }
  }

  private static func epoch(ofFileName name: String) -> KawPowEpoch? {
    guard name.hasPrefix("kawpow-"), name.hasSuffix(".cache") || name.hasSuffix(".cache.new") else { return nil }
    let digits = name.dropFirst(7).prefix { $0 != "." }
    return UInt32(digits).flatMap { KawPowEpoch(number: $0) }
  }

  private static func start(of epoch: KawPowEpoch, byteCount: Int) -> [UInt8] {
    var bytes = magic
    withUnsafeBytes(of: version.littleEndian) { bytes += $0 }
    withUnsafeBytes(of: epoch.number.littleEndian) { bytes += $0 }
    withUnsafeBytes(of: UInt64(byteCount).littleEndian) { bytes += $0 }
    return bytes
  }

  private static func digest(_ start: [UInt8], _ contents: UnsafeRawBufferPointer) -> Hash256 {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, start, start.count)
    SHA256_Update(&context, contents.baseAddress, contents.count)
    return context.finish()
  }
}

/// Why a cache could not be kept on disk or taken from there.
public enum KawPowCacheFileError: Error, Equatable, Sendable {
  case system(call: String, path: String, errno: Int32)
  case damaged(path: String, Damage)

  /// What is not as it was written.
  public enum Damage: String, Sendable {
    case size = "its size is wrong"
    case magic = "it is no cache"
    case version = "it is of another version"
    case epoch = "it is another epoch's"
    case checksum = "its checksum is wrong"
  }
}

extension KawPowCacheFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let call, let path, let code): "\(call) \(path): \(String(cString: strerror(code)))"
    case .damaged(let path, let damage): "\(path) is not used, because \(damage.rawValue); it is made anew"
    }
  }
}

/// An open file; closed with its last holder.
private final class Descriptor {
  private let number: Int32
  private let path: String

  init(opening path: String, _ flags: Int32) throws(KawPowCacheFileError) {
    number = open(path, flags, 0o644)
    self.path = path
    guard number >= 0 else { throw .system(call: "open", path: path, errno: errno) }
  }

  deinit { if number >= 0 { close(number) } }

  func size() throws(KawPowCacheFileError) -> Int {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .system(call: "stat", path: path, errno: errno) }
    return Int(status.st_size)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(KawPowCacheFileError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(number, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system(call: "write", path: path, errno: errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  func write(_ bytes: [UInt8]) throws(KawPowCacheFileError) {
    try bytes.withUnsafeBytes { raw in Result { () throws(KawPowCacheFileError) in try write(raw) } }.get()
  }

  func read(byteCount: Int) throws(KawPowCacheFileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try bytes.withUnsafeMutableBytes { raw in Result { () throws(KawPowCacheFileError) in try read(raw) } }.get()
    return bytes
  }

  /// Fills `bytes`; a file that ends before is damaged.
  func read(_ bytes: UnsafeMutableRawBufferPointer) throws(KawPowCacheFileError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.read(number, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(call: "read", path: path, errno: errno) }
      guard count > 0 else { throw .damaged(path: path, .size) }
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
    }
  }

  func sync() throws(KawPowCacheFileError) {
    guard fsync(number) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
  }
}
