import TestSupport

/// An input as a course of events: lines from a peer, and between them lines that begin with `#`, which no message
/// does, for what happens on our side. The letters behind the `#` say what.
enum Script {
  enum Step {
    /// Bytes from the peer, in pieces as a network may cut them.
    case bytes([ArraySlice<UInt8>])
    case event(UInt8)
  }

  /// More events tell nothing new, and could only be slow.
  static let eventLimit = 256

  static func steps(_ input: [UInt8]) -> [Step] {
    var random = SeededRandom(
      seed: UInt64(input.count) << 32 | UInt64(input.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }))
    var steps: [Step] = []
    var events = 0
    var rest = input[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
      let line = rest[..<end]
      rest = rest[end...]
      guard line.first == UInt8(ascii: "#") else {
        steps.append(.bytes(pieces(of: line, using: &random)))
        continue
      }
      for letter in line.dropFirst() where letter > 32 && events < eventLimit {
        steps.append(.event(letter))
        events += 1
      }
    }
    return steps
  }

  private static func pieces(of line: ArraySlice<UInt8>, using random: inout SeededRandom) -> [ArraySlice<UInt8>] {
    guard Bool.random(using: &random) else { return [line] }
    let cut = Int.random(in: line.startIndex...line.endIndex, using: &random)
    return [line[..<cut], line[cut...]].filter { !$0.isEmpty }
  }
}
