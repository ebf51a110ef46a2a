import Glibc
import Logging

/// Where the log goes: standard error, a line for each message. What a miner or a pool said may be a part of it, and
/// ends no line, moves no cursor and turns no text around (`TerminalText.escaped`).
struct LogLines: TextOutputStream, Sendable {
  /// With its line end. A longer line is cut; as long as this the system writes it in one piece, whoever else writes.
  static let byteLimit = 4096

  static func handler(_ label: String) -> StreamLogHandler { StreamLogHandler(label: label, stream: LogLines()) }

  /// - Parameter string: one message, with its line end.
  mutating func write(_ string: String) {
    let bytes = Array(Self.line(string).utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
      // Nobody could be told that the log cannot be written.
      guard count > 0 || count < 0 && errno == EINTR else { return }
      start += max(0, count)
    }
  }

  static func line(_ message: String) -> String {
    // By scalars: a carriage return before the line's end would be one character with it.
    var scalars = message.unicodeScalars[...]
    if scalars.last == "\n" { scalars.removeLast() }
    let text = TerminalText.escaped(Substring(scalars))
    guard text.utf8.count >= byteLimit else { return text + "\n" }
    let mark = "… (cut)\n"
    var kept = ""
    for scalar in text.unicodeScalars {
      guard kept.utf8.count + UTF8.width(scalar) + mark.utf8.count <= byteLimit else { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept + mark
  }
}
