import Foundation

/// Reads small text files that an operator wrote.
enum TextFile {
  /// A longer file is refused: nobody wrote that by hand.
  static let byteLimit = 1 << 20

  struct Unreadable: Error, Equatable {
    /// `No such file or directory`
    let reason: String
  }

  static func read(_ path: String) throws(Unreadable) -> String {
    guard let file = fopen(path, "rb") else { throw Unreadable(reason: String(cString: strerror(errno))) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: byteLimit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
    guard count <= byteLimit else { throw Unreadable(reason: "it is longer than 1 MiB") }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw Unreadable(reason: "it is not UTF-8 text")
    }
    return text
  }

  /// `path` as seen from the folder of `file`, unless it is absolute.
  static func path(_ path: String, besides file: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return "\(file[...slash])\(path)"
  }
}
