import Foundation
import GRDB

/// The shares of a pool as its database has them, read from outside while the pool runs or after.
struct ShareTable {
  private let queue: DatabaseQueue

  init(_ file: URL) throws {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    queue = try DatabaseQueue(path: file.path, configuration: configuration)
  }

  /// How often each hash (display order) is stored.
  func hashes() throws -> [String: Int] {
    try queue.read { database in
      let rows = try Data.fetchCursor(database, sql: "SELECT hash FROM shares")
      var counts: [String: Int] = [:]
      while let hash = try rows.next() {
        counts[hash.reversed().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined(), default: 0] +=
          1
      }
      return counts
    }
  }
}
