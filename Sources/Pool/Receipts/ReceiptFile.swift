import Glibc
import Stratum

/// The shares of a period on disk, a line each: `N HASH WORK`, where N was given its names before by
/// `@N ACCOUNT <tab> WORKER <tab> SOURCE`. What was begun and not ended by a crash is cut off.
final class ReceiptFile {
  struct Names: Hashable, Sendable {
    var account, worker, source: String
  }

  let path: String
  private let file: UnsafeMutablePointer<FILE>
  private var numbers: [Names: Int] = [:]

  /// Goes on with what is there, which `seen` is told of.
  init(_ path: String, seen: (Names, AccountReceipts.Share) -> Void) throws(ReceiptError) {
    self.path = path
    guard let file = fopen(path, "a+e") else { throw ReceiptError("open", path) }
    self.file = file
    var whole = 0
    var numbers: [Names: Int] = [:]
    try Self.read(path) { line, length, names in
      whole += length
      if case .names(let number) = line, let names { numbers[names] = number }
      if case .share(let share) = line, let names { seen(names, share) }
    }
    self.numbers = numbers
    guard ftruncate(fileno(file), whole) == 0 else { throw ReceiptError("truncate", path) }
  }

  deinit { fclose(file) }

  /// - Returns: as what it was written.
  func append(_ receipt: ShareReceipt) throws(ReceiptError) -> (Names, AccountReceipts.Share) {
    let names = Names(
      account: Self.plain(receipt.miner.account), worker: Self.plain(receipt.miner.worker), source: receipt.source)
    var text = ""
    let number = numbers[names] ?? numbers.count
    if numbers.updateValue(number, forKey: names) == nil {
      text = "@\(number) \(names.account)\t\(names.worker)\t\(names.source)\n"
    }
    text += "\(number) \(receipt.hash.displayHex) \(receipt.work.hashes)\n"
    guard fputs(text, file) >= 0 else { throw ReceiptError("write", path) }
    return (names, .init(hash: receipt.hash, work: receipt.work, source: names.source, worker: names.worker))
  }

  func flush() throws(ReceiptError) {
    guard fflush(file) == 0 else { throw ReceiptError("write", path) }
  }

  func sync() throws(ReceiptError) {
    try flush()
    guard fdatasync(fileno(file)) == 0 else { throw ReceiptError("sync", path) }
  }

  /// Names have no control characters when they come from a miner; whatever else happens, a line stays a line.
  private static func plain(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 32 ? "?" : $0 }))
  }

  enum Line {
    case names(Int)
    case share(AccountReceipts.Share)
  }

  /// Every whole line, with its length in bytes and the names that it means, up to the first that is none.
  static func read(_ path: String, _ body: (Line, Int, Names?) -> Void) throws(ReceiptError) {
    guard let file = fopen(path, "re") else { throw ReceiptError("open", path) }
    defer { fclose(file) }
    var buffer: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(buffer) }
    var known: [Names] = []
    while true {
      let length = getline(&buffer, &capacity, file)
      guard length > 0, let start = buffer, start[length - 1] == 10 else { return }
      let bytes = UnsafeRawBufferPointer(start: start, count: length - 1)
      let text = String(decoding: bytes, as: UTF8.self)
      if text.hasPrefix("@") {
        let words = text.dropFirst().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = (words.last ?? "").split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, parts.count == 3, Int(words[0]) == known.count else { return }
        let names = Names(account: parts[0], worker: parts[1], source: parts[2])
        known.append(names)
        body(.names(known.count - 1), length, names)
      } else {
        let words = text.split(separator: " ")
        guard words.count == 3, let number = Int(words[0]), known.indices.contains(number),
          let hash = Hash256(displayHex: words[1]), let work = UInt128(words[2])
        else { return }
        let names = known[number]
        body(
          .share(
            .init(hash: hash, work: ShareWork(hashes: work), source: names.source, worker: names.worker)), length,
          names)
      }
    }
  }
}

/// Why receipts cannot be kept.
public struct ReceiptError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// What the system says of it.
  init(_ call: String, _ path: String) {
    self.init("receipts: \(call) \(path): \(String(cString: strerror(errno)))")
  }
}
