import CPostgres
import Glibc
import Stratum

/// How a server is reached, and how long an answer of it is waited for.
struct PostgresPlace: Sendable {
  var url: String
  /// One that the URL does not hold.
  var password: String?
  var patienceSeconds = 60
}

/// One connection to a PostgreSQL server. Calls wait for their answer, but no longer than the patience: a server that
/// hangs is left, and the connection with it. Used by one thread at a time.
final class PostgresConnection {
  private let connection: OpaquePointer
  private let patienceSeconds: Int
  private var prepared: [String: String] = [:]
  /// Set when what was sent and what was answered do not match any more.
  private(set) var isBroken = false
  /// It is broken because the server did not answer.
  private(set) var isSilent = false

  /// - Throws: also of a server older than version 15.
  init(_ place: PostgresPlace) throws(StoreError) {
    patienceSeconds = place.patienceSeconds
    // The last word counts: what stands before the URL is what it does not say, what stands behind is kept elsewhere.
    let options = [
      ("connect_timeout", "10"), ("keepalives_idle", "30"), ("application_name", "zion"), ("dbname", place.url),
      ("client_encoding", "UTF8"), ("password", place.password ?? ""),
    ]
    let opened = options.map(\.0).withCStrings { names in
      options.map(\.1).withCStrings { texts in PQconnectdbParams(names, texts, 1) }
    }
    guard let opened else { throw .unavailable("no memory for a connection") }
    guard PQstatus(opened) == CONNECTION_OK else {
      let message = Self.line(PQerrorMessage(opened))
      PQfinish(opened)
      throw .unavailable(message)
    }
    guard PQserverVersion(opened) >= Self.oldestVersion else {
      let version = PQserverVersion(opened) / 10_000
      PQfinish(opened)
      throw .unavailable("the server is PostgreSQL \(version); 15 or later is needed")
    }
    connection = opened
    _ = PQsetnonblocking(connection, 1)
    // Notices such as "relation exists, skipping" are for people at a prompt.
    _ = PQsetNoticeProcessor(connection, { _, _ in }, nil)
    // Statements of many rows are simple ones: compiling them takes longer than running them.
    try script("SET jit = off")
  }

  deinit { PQfinish(connection) }

  private static let oldestVersion: Int32 = 150_000

  /// `15.18`
  var serverVersion: String {
    let version = PQserverVersion(connection)
    return "\(version / 10_000).\(version % 10_000)"
  }

  /// Whether a statement of the transaction failed, so that nothing of it can be kept.
  var hasFailed: Bool { PQtransactionStatus(connection) == PQTRANS_INERROR }

  /// Statements without values; several may be separated by semicolons.
  func script(_ sql: String) throws(StoreError) {
    guard PQsendQuery(connection, sql) == 1 else { throw broken(lastError) }
    _ = try results()
  }

  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> SQLResult {
    let name = try prepare(sql)
    let parameters = values.map(PostgresParameter.init)
    let sent = parameters.withPointers { pointers, lengths, formats in
      PQsendQueryPrepared(connection, name, Int32(parameters.count), pointers, lengths, formats, 1)
    }
    guard sent == 1 else { throw broken(lastError) }
    return try results()
  }

  private func prepare(_ sql: String) throws(StoreError) -> String {
    if let name = prepared[sql] { return name }
    let name = "s\(prepared.count)"
    guard PQsendPrepare(connection, name, Self.numbered(sql), 0, nil) == 1 else { throw broken(lastError) }
    _ = try results()
    prepared[sql] = name
    return name
  }

  /// `?` by `$1`, `$2`, …
  static func numbered(_ sql: String) -> String {
    var count = 0
    return sql.reduce(into: "") { text, character in
      if character == "?" {
        count += 1
        text += "$\(count)"
      } else {
        text.append(character)
      }
    }
  }

  /// Rows by `COPY … BINARY`: the server reads while the next are made.
  func copy<Row>(
    into table: String, _ columns: [String], _ rows: [Row], _ fill: (Row, inout SQLRowWriter) -> Void
  ) throws(StoreError) {
    guard PQsendQuery(connection, "COPY \(table) (\(columns.joined(separator: ", "))) FROM STDIN BINARY") == 1 else {
      throw broken(lastError)
    }
    try finishReading { PQresultStatus($0) == PGRES_COPY_IN }
    do throws(StoreError) {
      try put(SQLRowWriter.copyHeader)
      var writer = SQLRowWriter(form: .copy(columns: Int16(columns.count)))
      for row in rows {
        writer.beginRow()
        fill(row, &writer)
        if writer.bytes.count >= 65_536 {
          try put(writer.bytes)
          writer.removeBytes()
        }
      }
      try put(writer.bytes + SQLRowWriter.copyTrailer)
    } catch {
      isBroken = true
      throw error
    }
    while true {
      let ended = PQputCopyEnd(connection, nil)
      if ended == 1 { break }
      guard ended == 0 else { throw broken(lastError) }
      try waitFor(POLLOUT)
    }
    _ = try results()
  }

  private func put(_ bytes: [UInt8]) throws(StoreError) {
    while true {
      let taken = bytes.withUnsafeBytes { raw in
        PQputCopyData(connection, raw.bindMemory(to: CChar.self).baseAddress, Int32(raw.count))
      }
      if taken == 1 { return }
      guard taken == 0 else { throw broken(lastError) }
      try waitFor(POLLOUT)
    }
  }

  /// Reads all results of what was sent, of which the last counts, or the first error.
  private func results() throws(StoreError) -> SQLResult {
    var last = SQLResult(rows: [], changed: 0)
    var failure: StoreError?
    try flush()
    while let result = try nextResult() {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
        let changed = Int(String(cString: PQcmdTuples(result))) ?? 0
        do throws(StoreError) {
          last = SQLResult(rows: try PostgresRows.read(result), changed: changed)
        } catch {
          failure = failure ?? error
        }
      default: failure = failure ?? explain(result)
      }
    }
    if PQstatus(connection) != CONNECTION_OK { isBroken = true }
    if let failure { throw failure }
    return last
  }

  /// The next result, which is looked at and left open behind it.
  private func finishReading(_ expected: (OpaquePointer) -> Bool) throws(StoreError) {
    try flush()
    guard let result = try nextResult() else { throw broken("no answer to COPY") }
    defer { PQclear(result) }
    guard expected(result) else {
      let failure = explain(result)
      _ = try results()
      throw failure
    }
  }

  private func flush() throws(StoreError) {
    while true {
      let rest = PQflush(connection)
      if rest == 0 { return }
      guard rest == 1 else { throw broken(lastError) }
      try waitFor(POLLOUT | POLLIN)
      _ = PQconsumeInput(connection)
    }
  }

  private func nextResult() throws(StoreError) -> OpaquePointer? {
    while PQisBusy(connection) == 1 {
      try waitFor(POLLIN)
      guard PQconsumeInput(connection) == 1 else { throw broken(lastError) }
    }
    return PQgetResult(connection)
  }

  private func waitFor(_ events: Int32) throws(StoreError) {
    var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
    while true {
      let count = poll(&descriptor, 1, Int32(patienceSeconds * 1000))
      if count > 0 { return }
      if count < 0, errno == EINTR { continue }
      isSilent = true
      throw broken("the server did not answer within \(patienceSeconds) s")
    }
  }

  private func broken(_ why: String) -> StoreError {
    isBroken = true
    return .unavailable(why)
  }

  private var lastError: String { Self.line(PQerrorMessage(connection)) }

  /// Class 23 is a rule of the tables; P0001 one that a trigger has raised.
  ///
  /// Source: PostgreSQL, Appendix A, "PostgreSQL Error Codes".
  private func explain(_ result: OpaquePointer) -> StoreError {
    let message = Self.line(PQresultErrorMessage(result))
    guard let state = PQresultErrorField(result, 67 /* 'C', PG_DIAG_SQLSTATE */) else { return broken(message) }
    let code = String(cString: state)
    return code.hasPrefix("23") || code == "P0001" ? .refused(message) : .unavailable(message)
  }

  private static func line(_ text: UnsafePointer<CChar>?) -> String {
    guard let text else { return "unknown" }
    return String(cString: text).split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}

extension [String] {
  /// As a list of C strings that ends with NULL, as libpq wants it.
  fileprivate func withCStrings<Result>(
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let copies = map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
