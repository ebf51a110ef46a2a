import ArgumentParser
import Foundation
import Pool

/// The local pool of a configuration, for commands that look into its database beside a running server.
struct ConfiguredPool {
  let options: LocalPoolOptions
  private let data: String

  /// - Parameter file: `nil` for what `zion run` does without one.
  init(_ file: String?) throws {
    let configuration = try file.map(ConfigurationFile.load) ?? Configuration()
    guard configuration.local.isEnabled else {
      throw StartError("this configuration has no local pool: local.enabled is false")
    }
    options = configuration.local
    data = configuration.data
  }

  /// Opens the database that is there; nothing is created.
  func database() async throws -> any Database {
    let database = try options.database.open(in: data, pool: options.name, makesFile: false)
    let open = try await database.migrations().open
    guard open.isEmpty else {
      throw StartError("\(database.name) is of an older version: start zion run once, which brings it up to date")
    }
    return database
  }

  /// The one spelling of an account under which it is credited here.
  func account(_ text: String) throws -> String {
    guard case .embedded = options.node else { return text }
    return try ZionAddresses(accounts: Set(options.fees.map(\.address) + [options.address])).canonical(text)
  }

  /// Runs a command's body; what goes wrong is said on standard error, and is the exit code: 78 for a configuration with
  /// mistakes, 1 for all else.
  static func run(_ command: String, _ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as ConfigurationInvalid {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      throw ExitCode(78)
    } catch {
      FileHandle.standardError.write(Data("zion \(command): \(error)\n".utf8))
      throw ExitCode(1)
    }
  }
}
