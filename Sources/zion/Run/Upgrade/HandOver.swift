import FoundationEssentials
import Glibc
import Pool
import Proxy

/// What a process image leaves to the next one in the same process: every miner's connection with all that was agreed on
/// it, the connections to pools, and the work that miners have.
///
/// It is JSON in a file without a name, of which the next image learns the descriptor from the environment.
struct HandOver: Codable, Sendable {
  /// Another number for whatever another version could not read.
  static let format = 1
  static let variable = "ZION_HANDOVER"

  var format = Self.format
  var proxy: SavedProxy
  var pools: [String: SavedLocalPool]

  struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  /// - Returns: the descriptor of the file.
  func write() throws -> Int32 {
    let data = try JSONEncoder().encode(self)
    let stream = tmpfile()
    let file = stream.map { dup(fileno($0)) } ?? -1
    if let stream { fclose(stream) }
    guard file >= 0 else { throw Unusable(description: "a temporary file: \(String(cString: strerror(errno)))") }
    var done = 0
    while done < data.count {
      let count = data.withUnsafeBytes { bytes in
        bytes.baseAddress.map { Glibc.write(file, $0 + done, bytes.count - done) } ?? 0
      }
      guard count > 0 else {
        let reason = String(cString: strerror(errno))
        close(file)
        throw Unusable(description: "writing it: \(reason)")
      }
      done += count
    }
    return file
  }

  /// What the image before left to this one; `nil` for a process that begins anew.
  /// - Parameter takes: `false` only to look: it stays where it is.
  static func received(takes: Bool = true) throws -> HandOver? {
    guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
    if takes { unsetenv(variable) }
    guard let file = Int32(text) else { throw Unusable(description: "\(variable) is no descriptor: \(text)") }
    defer { if takes { close(file) } }
    let data = try read(file)
    struct Head: Decodable { var format: Int }
    let head = try JSONDecoder().decode(Head.self, from: data)
    guard head.format == format else {
      throw Unusable(description: "it has format \(head.format), and this version reads \(format)")
    }
    return try JSONDecoder().decode(HandOver.self, from: data)
  }

  static func discard(_ file: Int32) { close(file) }

  private static func read(_ file: Int32) throws -> Data {
    var data = Data()
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = pread(file, &chunk, chunk.count, off_t(data.count))
      guard count >= 0 else { throw Unusable(description: "reading it: \(String(cString: strerror(errno)))") }
      guard count > 0 else { return data }
      data.append(contentsOf: chunk[..<count])
    }
  }
}
