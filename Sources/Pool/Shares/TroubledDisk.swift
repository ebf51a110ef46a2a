#if CHAOS
  import FoundationEssentials
  import Glibc
  import Stratum
  import Synchronization

  /// A disk that fails when a file says so, and that forgets on `kill -9` whatever was not synced, as power cuts have it.
  /// It is in builds for `zion chaos` only.
  ///
  /// The file is named by `ZION_CHAOS_DISK`, and read before each write and sync: `sync_fails`, `write_cut`, `disk_full`,
  /// `slow MILLISECONDS`, or nothing.
  final class TroubledDisk: JournalStorage {
    enum Order: Equatable { case none, syncFails, writeCut, diskFull, slow(milliseconds: UInt32) }

    private let storage: any JournalStorage
    private let path: String

    /// `nil` when nobody asked for trouble.
    init?(over storage: any JournalStorage) {
      guard let named = getenv("ZION_CHAOS_DISK") else { return nil }
      self.storage = storage
      path = String(cString: named)
    }

    /// What the file says now; a missing one says nothing.
    static func order(at path: String) -> Order {
      guard let data = try? Data(contentsOf: URL(filePath: path)) else { return .none }
      let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      switch words.first {
      case "sync_fails": return .syncFails
      case "write_cut": return .writeCut
      case "disk_full": return .diskFull
      case "slow": return .slow(milliseconds: words.count > 1 ? UInt32(words[1]) ?? 0 : 0)
      default: return .none
      }
    }

    func identity() throws(JournalError) -> String { try storage.identity() }
    func segments() throws(JournalError) -> [UInt64] { try storage.segments() }
    func name(of segment: UInt64) -> String { storage.name(of: segment) }
    func read(_ segment: UInt64, at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
      try storage.read(segment, at: offset, count: count)
    }
    func lastWritten(_ segment: UInt64) throws(JournalError) -> UnixTime? { try storage.lastWritten(segment) }
    func remove(_ segment: UInt64) throws(JournalError) { try storage.remove(segment) }

    func create(_ segment: UInt64) throws(JournalError) -> any JournalFile {
      guard Self.order(at: path) != .diskFull else {
        throw .system(call: "open", path: storage.name(of: segment), errno: ENOSPC)
      }
      return TroubledFile(try storage.create(segment), name: storage.name(of: segment), orders: path)
    }

    func open(_ segment: UInt64) throws(JournalError) -> any JournalFile {
      TroubledFile(try storage.open(segment), name: storage.name(of: segment), orders: path)
    }
  }

  private final class TroubledFile: JournalFile {
    private let file: any JournalFile
    private let name: String
    private let orders: String
    /// What the kernel would hold: gone with the process, and after a failed sync.
    private let unsynced = Mutex<[(offset: Int, bytes: [UInt8])]>([])

    init(_ file: any JournalFile, name: String, orders: String) {
      self.file = file
      self.name = name
      self.orders = orders
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
      let order = TroubledDisk.order(at: orders)
      guard order != .writeCut, order != .diskFull else {
        // Half of it is on disk all the same, as a reader after a crash will find it.
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), at: offset)
        throw .system(call: "write", path: name, errno: order == .diskFull ? ENOSPC : EIO)
      }
      let copy = Array(bytes)
      unsynced.withLock { $0.append((offset, copy)) }
    }

    func sync() throws(JournalError) {
      let waiting = unsynced.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      switch TroubledDisk.order(at: orders) {
      case .syncFails: throw .system(call: "fdatasync", path: name, errno: EIO)
      case .slow(let milliseconds): usleep(milliseconds * 1000)
      case .none, .writeCut, .diskFull: break
      }
      for (offset, bytes) in waiting {
        let written = bytes.withUnsafeBytes { raw in
          Result { () throws(JournalError) in try file.write(raw, at: offset) }
        }
        try written.get()
      }
      try file.sync()
    }

    func truncate(to byteCount: Int) throws(JournalError) {
      unsynced.withLock { $0 = [] }
      if TroubledDisk.order(at: orders) == .syncFails { throw .system(call: "ftruncate", path: name, errno: EIO) }
      try file.truncate(to: byteCount)
    }
  }
#endif
