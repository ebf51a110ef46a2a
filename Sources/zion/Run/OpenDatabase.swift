import ArgumentParser
import Glibc
import Pool

extension Configuration {
  /// The database of the local pool. A PostgreSQL server is not asked anything yet.
  /// - Parameter makesFile: whether a SQLite file that is missing is made.
  func openDatabase(makesFile: Bool) throws -> any Database {
    try local.database.open(in: data, pool: local.name, makesFile: makesFile)
  }
}

extension DatabaseOption {
  /// - Parameter pool: whose the shares are that were stored before pools had names in the database.
  func open(in data: String, pool: String, makesFile: Bool) throws -> any Database {
    switch self {
    case .sqlite(let file):
      let path = file.hasPrefix("/") ? file : "\(data)/\(file)"
      guard makesFile || access(path, F_OK) == 0 else {
        throw StartError("there is no database \(path); zion run makes it")
      }
      return try SQLiteDatabase(path: path, unnamedPool: pool)
    case .postgres(let url): return PostgresDatabase(url)
    }
  }
}

extension DatabaseOption: CustomStringConvertible {
  /// Without secrets.
  var description: String {
    switch self {
    case .sqlite(let file): "sqlite:\(file)"
    case .postgres(let url): url.description
    }
  }
}

/// Whose database a command is about.
struct DatabaseArguments: ParsableArguments {
  @Option(name: .shortAndLong, help: "Configuration file of the pool; without one, what zion run does without one.")
  var config: String?

  /// Prints every mistake of the configuration, and ends with 78 when there are any.
  func configuration() throws -> Configuration {
    guard let config else { return Configuration() }
    do throws(ConfigurationInvalid) {
      return try ConfigurationFile.load(config)
    } catch {
      print(error)
      throw ExitCode(78)
    }
  }
}
