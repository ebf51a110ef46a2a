import Foundation
import Glibc
import Stratum

/// Where receipts are: `START.shares`, `START.leaves` and `START.signed` of each period, and the key.
struct ReceiptFolder: Sendable {
  enum Kind: String, Sendable { case shares, leaves, signed }

  private let directory: String

  init(_ directory: String) throws(ReceiptError) {
    self.directory = directory
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else { throw ReceiptError("mkdir", directory) }
  }

  func path(_ start: Int64, _ kind: Kind) -> String { "\(directory)/\(start).\(kind.rawValue)" }

  /// In order.
  func starts(of kind: Kind) throws(ReceiptError) -> [Int64] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw ReceiptError("receipts: the folder \(directory) cannot be read: \(error.localizedDescription)")
    }
    return names.compactMap { name in
      let parts = name.split(separator: ".")
      return parts.count == 2 && parts[1] == kind.rawValue ? Int64(parts[0]) : nil
    }.sorted()
  }

  func remove(_ kinds: [Kind], before end: Int64) throws(ReceiptError) {
    for kind in kinds {
      for start in try starts(of: kind) where start < end {
        guard unlink(path(start, kind)) == 0 || errno == ENOENT else { throw ReceiptError("remove", path(start, kind)) }
      }
    }
  }

  /// The key of an earlier start, or a new one.
  func key() throws -> Ed25519PrivateKey {
    let path = "\(directory)/key.pem"
    guard access(path, F_OK) != 0 else { return try KeyFiles.privateKey(at: path) }
    var random = SystemRandomNumberGenerator()
    let seed = (0..<Ed25519PrivateKey.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    // What precedes the 32 bytes of every Ed25519 key in PKCS #8. Source: RFC 8410.
    let head: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
    let text = "-----BEGIN PRIVATE KEY-----\n\(Data(head + seed).base64EncodedString())\n-----END PRIVATE KEY-----\n"
    try write(text, to: path, mode: 0o600)
    return try KeyFiles.privateKey(at: path)
  }

  func write(_ signed: SignedReceipts) throws(ReceiptError) {
    let text = signed.statement.text + "signature \(Hex.encode(signed.signature))\n"
    try write(text, to: path(signed.statement.from, .signed), mode: 0o644)
  }

  /// `nil` when there is none.
  func statement(from start: Int64) throws(ReceiptError) -> SignedReceipts? {
    guard let text = try read(path(start, .signed)) else { return nil }
    guard let mark = text.ranges(of: "signature ").last,
      let statement = ReceiptStatement(text: String(text[..<mark.lowerBound])),
      let signature = Hex.decode(text[mark.upperBound...].dropLast())
    else { throw ReceiptError("receipts: \(path(start, .signed)) is damaged: restore it from a copy, or remove it") }
    return SignedReceipts(statement: statement, signature: signature)
  }

  func write(_ leaves: [(account: String, leaf: [UInt8])], from start: Int64) throws(ReceiptError) {
    try write(
      leaves.map { "\(Hex.encode($0.leaf)) \($0.account)\n" }.joined(), to: path(start, .leaves), mode: 0o644)
  }

  func leaves(from start: Int64) throws(ReceiptError) -> [(account: String, leaf: [UInt8])]? {
    guard let text = try read(path(start, .leaves)) else { return nil }
    return text.split(separator: "\n").compactMap { line in
      guard let leaf = Hex.decode(line.prefix(64)) else { return nil }
      return (String(line.dropFirst(65)), leaf)
    }
  }

  private func read(_ path: String) throws(ReceiptError) -> String? {
    guard access(path, F_OK) == 0 else { return nil }
    do {
      return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    } catch {
      throw ReceiptError("receipts: \(path) cannot be read: \(error.localizedDescription)")
    }
  }

  /// Whole, or not at all.
  private func write(_ text: String, to path: String, mode: mode_t) throws(ReceiptError) {
    let new = "\(path).new"
    guard unlink(new) == 0 || errno == ENOENT else { throw ReceiptError("remove", new) }
    let descriptor = Glibc.open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0, let file = fdopen(descriptor, "w") else { throw ReceiptError("open", new) }
    defer { fclose(file) }
    guard fputs(text, file) >= 0, fflush(file) == 0, fsync(descriptor) == 0 else { throw ReceiptError("write", new) }
    guard rename(new, path) == 0 else { throw ReceiptError("rename", path) }
  }
}
