import ArgumentParser
import Foundation
import Pool

extension DatabaseArguments {
  /// Runs a command on the pool's database. What goes wrong is one line on standard error, and exit code 1.
  func use(_ body: (Configuration, any Pool.Database) async throws -> Void) async throws {
    let configuration = try configuration()
    do {
      let database = try configuration.openDatabase(makesFile: false)
      let open = try await database.migrations().open
      guard open.isEmpty else {
        throw StartError("the tables of \(database.name) are of an earlier version: run zion db migrate")
      }
      try await body(configuration, database)
    } catch let code as ExitCode {
      throw code
    } catch {
      FileHandle.standardError.write(Data("zion: \(error)\n".utf8))
      throw ExitCode(1)
    }
  }
}
