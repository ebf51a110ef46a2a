import GRDB

/// A look at a SQLite file without changing it.
public enum SQLiteCheck {
  /// What is wrong with the file, by SQLite's own words; empty when nothing is. Reads the whole file once.
  public static func faults(at path: String) throws(StoreError) -> [String] {
    do {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      let answers = try queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(10)") }
      return answers == ["ok"] ? [] : answers
    } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
      return [error.message ?? "the file is not a database"]
    } catch {
      throw .unavailable("\(path): \(error)")
    }
  }
}
