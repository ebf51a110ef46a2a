import FoundationEssentials
import Glibc
import Stratum

/// Found blocks on disk, one file each, until their fate is known: `blocks/HEIGHT-HASH.json`, later in
/// `blocks/done/`. The file holds the whole block as hex, so that an operator can hand it to any node.
struct FoundBlockFiles: Sendable {
  let directory: String

  private var doneDirectory: String { "\(directory)/done" }

  /// Creates the directories.
  init(directory: String) throws(BlockFileError) {
    self.directory = directory
    for path in [directory, doneDirectory] {
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw BlockFileError(call: "mkdir", path: path, errno: errno)
      }
    }
  }

  /// On disk, file and directory, when this returns.
  func write(_ record: BlockRecord, bytes: [UInt8]) throws(BlockFileError) {
    let path = "\(directory)/\(name(record))"
    let temporary = "\(path).new"
    try store(FileForm(record, bytes: bytes).json(path: path), at: temporary)
    guard rename(temporary, path) == 0 else { throw BlockFileError(call: "rename", path: path, errno: errno) }
    try sync(directory: directory)
  }

  /// Moves the file of a block whose fate is known to `done`.
  func finish(_ record: BlockRecord) throws(BlockFileError) {
    let path = "\(directory)/\(name(record))"
    guard rename(path, "\(doneDirectory)/\(name(record))") == 0 else {
      throw BlockFileError(call: "rename", path: path, errno: errno)
    }
    try sync(directory: doneDirectory)
    try sync(directory: directory)
  }

  private func name(_ record: BlockRecord) -> String { "\(record.height)-\(record.hash.displayHex).json" }

  /// What an earlier run left, with its bytes, and the names of files that cannot be read.
  func unresolved() throws(BlockFileError) -> (blocks: [(record: BlockRecord, bytes: [UInt8])], unreadable: [String]) {
    guard let stream = opendir(directory) else { throw BlockFileError(call: "open", path: directory, errno: errno) }
    defer { closedir(stream) }
    var blocks: [(record: BlockRecord, bytes: [UInt8])] = []
    var unreadable: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(".json") else { continue }
      do {
        let data = try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
        blocks.append(try JSONDecoder().decode(FileForm.self, from: data).restored())
      } catch {
        unreadable.append(name)
      }
    }
    return (blocks.sorted { $0.record.height < $1.record.height }, unreadable.sorted())
  }

  private func store(_ bytes: [UInt8], at path: String) throws(BlockFileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw BlockFileError(call: "open", path: path, errno: errno) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        Glibc.write(descriptor, raw.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BlockFileError(call: "write", path: path, errno: errno) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw BlockFileError(call: "fsync", path: path, errno: errno) }
  }

  private func sync(directory: String) throws(BlockFileError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw BlockFileError(call: "open", path: directory, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw BlockFileError(call: "fsync", path: directory, errno: errno) }
  }
}

/// A file of found blocks could not be written or read.
public struct BlockFileError: Error, Equatable, Sendable, CustomStringConvertible {
  public var call: String
  public var path: String
  public var errno: Int32

  public var description: String { "\(call) \(path): \(String(cString: strerror(errno)))" }
}

/// A found block as its file says it.
private struct FileForm: Codable {
  var hash, account, worker, algorithm, networkWork, state, block: String
  var reason: String?
  var shareHash: String?
  /// Of what the coinbase pays to others, in atomic units.
  var fees: [Fee]?
  /// Missing: to the pool.
  var paysFinder: Bool?
  var height, foundAt, updatedAt: UInt32
  var reward: Int64

  struct Fee: Codable {
    var account: String
    var amount: Int64
  }

  struct Malformed: Error {}

  init(_ record: BlockRecord, bytes: [UInt8]) {
    hash = record.hash.displayHex
    account = record.finder.account
    worker = record.finder.worker
    algorithm = record.algorithm.rawValue
    networkWork = String(record.networkWork.hashes)
    state = record.state.label
    if case .rejected(let why) = record.state { reason = why }
    block = Hex.encode(bytes)
    shareHash = record.shareHash?.displayHex
    fees = record.fees.map { Fee(account: $0.account, amount: $0.amount.value) }
    paysFinder = record.paysFinder ? true : nil
    height = record.height
    foundAt = record.foundAt.seconds
    updatedAt = record.updatedAt.seconds
    reward = record.reward.value
  }

  func json(path: String) throws(BlockFileError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      return Array(try encoder.encode(self))
    } catch {
      throw BlockFileError(call: "encode", path: path, errno: EINVAL)
    }
  }

  func restored() throws -> (record: BlockRecord, bytes: [UInt8]) {
    guard let hash = Hash256(displayHex: hash), let algorithm = Algorithm(rawValue: algorithm),
      let work = UInt128(networkWork), let state = BlockState(label: state, reason: reason),
      let bytes = Hex.decode(block)
    else { throw Malformed() }
    var record = BlockRecord(
      hash: hash, height: height, finder: MinerIdentity(account: account, worker: worker), algorithm: algorithm,
      networkWork: ShareWork(hashes: work), reward: AtomicUnits(reward), state: state,
      foundAt: UnixTime(seconds: foundAt), updatedAt: UnixTime(seconds: updatedAt))
    record.shareHash = shareHash.flatMap { Hash256(displayHex: $0) }
    record.fees = (fees ?? []).map { FeePayment(account: $0.account, amount: AtomicUnits($0.amount)) }
    record.paysFinder = paysFinder ?? false
    return (record, bytes)
  }
}

extension BlockState {
  /// From `label`; the confirmations of an immature block are asked for again.
  fileprivate init?(label: String, reason: String?) {
    switch label {
    case "found": self = .found
    case "submitted": self = .submitted
    case "rejected": self = .rejected(reason: reason ?? "unknown")
    case "immature": self = .immature(confirmations: 0)
    case "mature": self = .mature
    case "orphaned": self = .orphaned
    default: return nil
    }
  }
}
