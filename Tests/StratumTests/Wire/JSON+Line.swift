import TestSupport
import Testing

extension JSON {
  /// What a program that is not ours reads in a line.
  init(line: String) throws { self = try #require(JSON(Array(line.utf8)), "\(line)") }
}
