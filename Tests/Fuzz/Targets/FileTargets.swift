import API
import Foundation

@testable import Orchestrator
@testable import Pool
@testable import Stratum
@testable import zion

extension FuzzTarget {
  static let files = [credential, receipts, receiptFile, blockFile, trace, priceFeed]

  /// What a key of the operator's choice signs, as bytes and as a file.
  private static let credential = FuzzTarget("credential", upTo: 1024) { input in
    if input.first == UInt8(ascii: "{") {
      let signed = try JSONDecoder().decode(CredentialPage.self, from: Data(input)).signed()
      let again = try Credential(canonicalBytes: signed.credential.canonicalBytes)
      try promise(again == signed.credential, "\(signed.credential) is read as \(again)")
    } else {
      let credential = try Credential(canonicalBytes: input)
      try promise(credential.canonicalBytes == input, "\(credential) has two canonical forms")
    }
  }

  /// What somebody else's proxy says that it acknowledged: a statement, or an address's part of one.
  private static let receipts = FuzzTarget("receipts", upTo: 8192) { input in
    guard input.first == UInt8(ascii: "{") else {
      let text = String(decoding: input, as: UTF8.self)
      guard let statement = ReceiptStatement(text: text) else { return }
      return try promise(statement.text == text, "a statement is written in two ways")
    }
    let page = try JSONDecoder().decode(AccountReceiptsPage.self, from: Data(input))
    guard let receipts = AccountReceipts(page), let bytes = Hex.decode(page.publicKey),
      let key = Ed25519PublicKey(bytes: bytes)
    else { return }
    try receipts.verify(by: key, own: page.list.map(\.hash))
  }

  /// A file of receipts as a crash or a bad disk left it: what is read is what stands in whole lines.
  private static let receiptFile = FuzzTarget("receipt-file", upTo: 4096) { input in
    try ScratchFolder.with("receipts", input) { path in
      var whole = 0
      try ReceiptFile.read(path) { line, length, names in
        whole += length
        if case .share = line, names == nil { whole = .max }
      }
      try promise(whole <= input.count, "\(whole) of \(input.count) bytes are whole lines, or a share is nobody's")
      let file = try ReceiptFile(path) { _, _ in }
      try file.flush()
      // Data(contentsOf:) of Foundation keeps 4 KiB of each empty file.
      let left = try FileHandle(forReadingFrom: URL(filePath: path)).readToEnd() ?? Data()
      try promise(left == Data(input.prefix(whole)), "what was not whole is not cut off at \(whole)")
    }
  }

  /// The embedded chain's file: opened, and once more.
  private static let blockFile = FuzzTarget("block-file", upTo: 4096) { input in
    try ScratchFolder.with("blocks.dat", input) { path in
      let folder = String(path.dropLast("/blocks.dat".count))
      func blocks() throws -> [[UInt8]] {
        var blocks: [[UInt8]] = []
        _ = try BlockFile.opening(directory: folder) { block, _ in blocks.append(block) }
        return blocks
      }
      let found = try blocks()
      try promise(found.reduce(0) { $0 + $1.count } <= input.count, "more blocks than the file has bytes")
      try promise(try blocks() == found, "another start reads other blocks")
    }
  }

  /// A table of what markets paid.
  private static let trace = FuzzTarget("trace", upTo: 8192) { input in
    var reader = TraceReader()
    let text = String(decoding: input, as: UTF8.self)
    if text.hasPrefix("coin,") { return try reader.readCoins(text, file: "coins.csv") }
    reader.coins = ["BTC": .init(algorithm: "sha256d", hashesPerDifficulty: 4_294_967_296)]
    for trace in try reader.read(text, file: "trace.csv") {
      try promise(!trace.sources.isEmpty && !trace.steps.isEmpty, "a trace of nothing")
    }
  }

  /// What a price feed answers; its first line is where in it the number is.
  private static let priceFeed = FuzzTarget("price-feed", upTo: 8192) { input in
    let end = input.firstIndex(of: 10) ?? input.endIndex
    let pointer = end == 0 ? nil : try JSONPointer(String(decoding: input[..<end], as: UTF8.self))
    let number = try FeedReader.number(in: Data(input[end...].dropFirst()), at: pointer)
    try promise(number.isFinite && number > 0, "a price of \(number)")
  }
}

/// A folder in memory where there is one, for code that wants a file.
private enum ScratchFolder {
  static func with(_ name: String, _ bytes: [UInt8], _ body: (_ path: String) throws -> Void) throws {
    let memory = "/dev/shm"
    let base = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    let folder = "\(base)/zion-fuzz-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/\(name)"
    try Data(bytes).write(to: URL(filePath: path))
    try body(path)
  }
}
