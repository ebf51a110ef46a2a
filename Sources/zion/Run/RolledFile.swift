import Foundation
import Logging

/// Lines in a file that is put aside when it is full: `NAME`, then `NAME.1` and so on up to `NAME.4`, the oldest last.
///
/// For what is good to have and not money: a line that cannot be written is dropped, and said once.
actor RolledFile {
  static let kept = 4

  private let url: URL
  private let byteLimit: Int
  private let heading: String?
  private let logger: Logger
  private var handle: FileHandle?
  private var size = 0
  private var hasComplained = false

  /// - Parameter heading: the first line of every file.
  init(_ path: String, byteLimit: Int = 8 << 20, heading: String? = nil, logger: Logger) {
    url = URL(fileURLWithPath: path)
    self.byteLimit = byteLimit
    self.heading = heading
    self.logger = logger
  }

  func append(_ line: String) {
    do {
      let data = Data((line + "\n").utf8)
      if handle != nil, size + data.count > byteLimit { try roll() }
      if handle == nil { try open() }
      try handle?.write(contentsOf: data)
      size += data.count
      hasComplained = false
    } catch {
      handle = nil
      guard !hasComplained else { return }
      hasComplained = true
      logger.warning("cannot write", metadata: ["file": "\(url.path)", "reason": "\(error)"])
    }
  }

  private func open() throws {
    let files = FileManager.default
    try files.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    if !files.fileExists(atPath: url.path) { try Data().write(to: url) }
    let handle = try FileHandle(forWritingTo: url)
    size = Int(clamping: try handle.seekToEnd())
    self.handle = handle
    guard size == 0, let heading else { return }
    let data = Data((heading + "\n").utf8)
    try handle.write(contentsOf: data)
    size = data.count
  }

  private func roll() throws {
    try handle?.close()
    handle = nil
    let files = FileManager.default
    let names = [url] + (1...Self.kept).map { url.appendingPathExtension("\($0)") }
    if files.fileExists(atPath: names[Self.kept].path) { try files.removeItem(at: names[Self.kept]) }
    for index in stride(from: Self.kept - 1, through: 0, by: -1) where files.fileExists(atPath: names[index].path) {
      try files.moveItem(at: names[index], to: names[index + 1])
    }
  }
}
