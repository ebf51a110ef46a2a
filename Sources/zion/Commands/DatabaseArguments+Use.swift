import ArgumentParser
import Foundation
import Pool

extension DatabaseArguments {
  /// Runs a command on the pool's database. Nothing is created: a database that is not there, or of an older version, is
  /// a failure like any other.
  func use(_ body: (Configuration, any Pool.Database) async throws -> Void) async throws {
    let configuration = try configuration()
    try await CommandFailure.explained {
      let database = try configuration.openDatabase(makesFile: false)
      guard try await database.migrations().open.isEmpty else {
        throw StartError("the tables of \(database.name) are of an earlier version: run zion db migrate")
      }
      try await body(configuration, database)
    }
  }
}

/// What goes wrong in a command.
enum CommandFailure {
  /// Is one line on standard error, and exit code 1.
  static func explained(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let code as ExitCode {
      throw code
    } catch {
      FileHandle.standardError.write(Data("zion: \(error)\n".utf8))
      throw ExitCode(1)
    }
  }
}
