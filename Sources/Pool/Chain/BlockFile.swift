import Glibc
import Stratum

/// Blocks on disk, in order of arrival: an append-only file that survives a crash at any byte.
///
/// A record is `ZBLK` ‖ length LE32 ‖ CRC-32 LE32 ‖ block. The file is locked while it is open.
struct BlockFile: ~Copyable {
  /// A record that was cut by a crash, and was removed.
  struct Repair: Sendable, Equatable {
    var offset: Int
    var removedByteCount: Int
  }

  /// What was repaired when the file was opened.
  private(set) var repair: Repair?
  private let descriptor: Int32
  private let path: String
  private var end = 0

  private static let magic: [UInt8] = Array("ZBLK".utf8)
  private static let headerByteCount = 12
  /// No block is longer; a length beyond is damage.
  private static let longestBlock = 32 << 20

  /// Opens or creates the file, and hands every block to `visit` with its place.
  /// A last record that is not whole is removed; damage before it throws, because blocks would be lost.
  static func opening(
    directory: String, visit: (_ block: [UInt8], _ location: Int) throws(ChainStorageError) -> Void
  ) throws(ChainStorageError) -> BlockFile {
    let path = "\(directory)/blocks.dat"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, errno: errno) }
    var file = BlockFile(descriptor: descriptor, path: path)
    guard FileLock.take(descriptor) else { throw .inUse(path: path) }
    try file.load(visit)
    try DurableDirectory.sync(directory)
    return file
  }

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { FileLock.release(closing: descriptor) }

  private mutating func load(
    _ visit: (_ block: [UInt8], _ location: Int) throws(ChainStorageError) -> Void
  ) throws(ChainStorageError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(call: "stat", path: path, errno: errno) }
    let size = Int(status.st_size)
    while end < size, let block = try read(at: end, size: size) {
      try visit(block, end)
      end += Self.headerByteCount + block.count
    }
    guard end < size else { return }
    // Every append waits for the disk, so that a crash can only cut the last record: a whole one behind it means
    // damage of another kind.
    guard try !hasRecord(after: end, size: size) else { throw .damaged(path: path, offset: end) }
    repair = Repair(offset: end, removedByteCount: size - end)
    guard ftruncate(descriptor, off_t(end)) == 0, fsync(descriptor) == 0 else {
      throw .system(call: "truncate", path: path, errno: errno)
    }
  }

  /// Appends a block and returns its place once it is on disk.
  mutating func append(_ block: [UInt8]) throws(ChainStorageError) -> Int {
    var record = Self.magic
    record.append(littleEndian: UInt32(block.count))
    record.append(littleEndian: CRC32.checksum(block))
    record += block
    let location = end
    do throws(ChainStorageError) {
      try write(record, at: location)
    } catch {
      // What was written of it is no record: the next append, or the next start, writes over it.
      _ = ftruncate(descriptor, off_t(location))
      throw error
    }
    end += record.count
    return location
  }

  /// The block at a place that `append` or `opening` gave.
  func block(at location: Int) throws(ChainStorageError) -> [UInt8] {
    guard let block = try read(at: location, size: end) else { throw .damaged(path: path, offset: location) }
    return block
  }

  private func write(_ record: [UInt8], at location: Int) throws(ChainStorageError) {
    var written = 0
    while written < record.count {
      let count = record.withUnsafeBytes { raw in
        pwrite(descriptor, raw.baseAddress.map { $0 + written }, record.count - written, off_t(location + written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system(call: "write", path: path, errno: errno) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
  }

  /// `nil` where there is no whole record.
  private func read(at offset: Int, size: Int) throws(ChainStorageError) -> [UInt8]? {
    guard let header = try bytes(at: offset, count: Self.headerByteCount) else { return nil }
    var reader = ByteReader(header)
    let length: Int
    let checksum: UInt32
    do {
      guard try Array(reader.take(4)) == Self.magic else { return nil }
      length = Int(try reader.integer(UInt32.self))
      checksum = try reader.integer(UInt32.self)
    } catch {
      return nil
    }
    guard length <= Self.longestBlock, offset + Self.headerByteCount + length <= size,
      let block = try bytes(at: offset + Self.headerByteCount, count: length), CRC32.checksum(block) == checksum
    else { return nil }
    return block
  }

  private func hasRecord(after offset: Int, size: Int) throws(ChainStorageError) -> Bool {
    guard let rest = try bytes(at: offset, count: size - offset) else { return false }
    var index = 1
    while index + Self.headerByteCount <= rest.count {
      if rest[index] == Self.magic[0], rest[index..<index + 4].elementsEqual(Self.magic),
        try read(at: offset + index, size: size) != nil
      {
        return true
      }
      index += 1
    }
    return false
  }

  private func bytes(at offset: Int, count: Int) throws(ChainStorageError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = buffer.withUnsafeMutableBytes { raw in
        pread(descriptor, raw.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .system(call: "read", path: path, errno: errno) }
      if got == 0 { return nil }
      filled += got
    }
    return buffer
  }
}

/// Why blocks could not be stored or read.
public enum ChainStorageError: Error, Equatable, Sendable {
  case system(call: String, path: String, errno: Int32)
  /// Another process has the chain open.
  case inUse(path: String)
  /// Bytes in the middle are not what was written.
  case damaged(path: String, offset: Int)
  /// A stored block that the rules refuse: the file belongs to another network, or the rules changed.
  case refused(BlockRefusal, offset: Int)
}

extension ChainStorageError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let call, let path, let code): "\(call) \(path): \(String(cString: strerror(code)))"
    case .inUse(let path): "\(path) is in use by another process: stop it, or give this one another directory"
    case .damaged(let path, let offset):
      "\(path) is damaged at byte \(offset): restore it from a copy, or move it away to start a new chain"
    case .refused(let refusal, let offset):
      "the block at byte \(offset) is refused (\(refusal.rawValue)): the file belongs to a chain with other rules; "
        + "give this chain another directory"
    }
  }
}

/// A new or renamed file is only safe when its directory is on disk too.
enum DurableDirectory {
  static func sync(_ path: String) throws(ChainStorageError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
  }
}

/// CRC-32 as in IEEE 802.3 (zlib's).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
  }
}
