import Glibc
import Pool
import Yams

/// Reads where the local pool's shares and money are, from `local:`.
struct DatabaseSection {
  let section: YAMLSection
  /// Of the configuration, from whose folder the password's file is looked for.
  let path: String

  private static let example =
    "sqlite:FILE, such as sqlite:pool.sqlite, or postgres://USER:PASSWORD@HOST:5432/NAME?sslmode=verify-full"

  func read() -> DatabaseOption? {
    let option = section.value("database", Self.option)
    guard let file = section.value("database_password_file", Name.path) else { return option }
    guard case .postgres(var url)? = option else {
      if section.node("database") == nil || option != nil {
        complain("no PostgreSQL database is configured", write: "database: postgres://USER@HOST:5432/NAME")
      }
      return option
    }
    guard !url.hasPassword else {
      complain("the URL of the database holds a password too", write: "only one of them")
      return option
    }
    url.password = password(in: TextFile.path(file, besides: path))
    return .postgres(url)
  }

  static func option(_ text: String) throws(Wrong) -> DatabaseOption {
    if text.hasPrefix("sqlite:"), text.utf8.count > 7 { return .sqlite(file: String(text.dropFirst(7))) }
    // Not repeated: it may hold a password.
    guard text.hasPrefix("postgres") else { throw Wrong("this is not a database", example) }
    let url: PostgresURL
    do throws(PostgresURL.Malformed) {
      url = try PostgresURL(text)
    } catch {
      throw Wrong(error.reason, example)
    }
    if let file = url.rootCertificate, file != "system", access(file, R_OK) != 0 {
      throw Wrong(
        "sslrootcert \(file) cannot be read: \(String(cString: strerror(errno)))",
        "the path of a file with certificates")
    }
    return .postgres(url)
  }

  private func complain(_ what: String, write instead: String) {
    section.report.add(
      section.node("database_password_file"), section.key("database_password_file"), what, write: instead)
  }

  /// The first line of a file that nobody else may read, as libpq asks of its own.
  private func password(in file: String) -> String? {
    var status = stat()
    if stat(file, &status) == 0, status.st_mode & 0o077 != 0 {
      section.report.add(
        line: section.node("database_password_file")?.mark?.line, section.key("database_password_file"),
        "others may use \(file) (mode \(String(status.st_mode & 0o777, radix: 8))); run chmod 600 \(file)")
      return nil
    }
    do throws(TextFile.Unreadable) {
      let line = try TextFile.read(file).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      if line.isEmpty || line.utf8.contains(0) {
        complain("\(file) holds no password", write: "the password on its first line")
      }
      return line
    } catch {
      complain("\(file) cannot be read: \(error.reason)", write: "a file that exists")
      return nil
    }
  }
}
