import Foundation

/// What commands print for programs: keys sorted, so that the same state is the same text.
enum JSONText {
  static func of(_ page: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(page), as: UTF8.self)
  }

  static func show(_ page: some Encodable, asJSON: Bool, else lines: [String]) throws {
    print(asJSON ? try of(page) : lines.joined(separator: "\n"))
  }
}
