import Glibc
import Pool

/// The database of the local pool: whole, reachable, of this version.
struct DatabaseChecks {
  let local: LocalPoolOptions
  let data: String

  func run() async -> [DoctorFinding] {
    switch local.database {
    case .sqlite(let file):
      let path = file.hasPrefix("/") ? file : "\(data)/\(file)"
      guard access(path, F_OK) == 0 else {
        return [.ok("database", "\(path) is not there yet; zion run makes it")]
      }
      do throws(StoreError) {
        let faults = try SQLiteCheck.faults(at: path)
        guard faults.isEmpty else {
          return [
            .fault(
              "database", "\(path) is damaged: \(faults.prefix(2).joined(separator: "; ").prefix(300))",
              do:
                "stop zion run and put the newest backup in its place; what came since is in the journal, which zion run "
                + "takes over again")
          ]
        }
      } catch {
        return [.fault("database", "\(error)", do: "let the user that zion runs as read and write it")]
      }
      return [await schema()]
    case .postgres: return [await schema()]
    }
  }

  private func schema() async -> DoctorFinding {
    do {
      let database = try local.database.open(in: data, pool: local.name, makesFile: false)
      let (made, open) = try await database.migrations()
      let status = made.isEmpty ? "no tables yet" : "\(made.count) steps of its tables made"
      guard open.isEmpty || made.isEmpty else {
        return .warning(
          "database", "\(database.name): its tables are of an earlier version",
          do: "zion db migrate, or zion run, which does the same; make a backup before")
      }
      return await version(of: database, status: status)
    } catch {
      return .fault("database", "\(error)", do: advice)
    }
  }

  private var advice: String {
    switch local.database {
    case .sqlite: "let the user that zion runs as read and write it and its folder"
    case .postgres:
      "start the server, and try the same by hand: psql with the URL of local.database. Shares are kept in the journal "
        + "until it is back"
    }
  }

  private func version(of database: any Database, status: String) async -> DoctorFinding {
    guard case .postgres = local.database else { return .ok("database", "\(database.name) is whole, \(status)") }
    do {
      let number = try await database.read { sql in
        try sql.first("SELECT current_setting('server_version_num')")?.text(0) ?? ""
      }
      return Self.server(database.name, number: Int(number) ?? 0, status: status)
    } catch {
      return .fault("database", "\(error)", do: advice)
    }
  }

  /// - Parameter number: `150018` is 15.18.
  static func server(_ name: String, number: Int, status: String) -> DoctorFinding {
    guard number >= 150_000 else {
      return .fault(
        "database", "\(name) is PostgreSQL \(number / 10_000), and 15 is needed", do: "use a newer server")
    }
    return .ok("database", "\(name) is PostgreSQL \(number / 10_000), \(status)")
  }
}
