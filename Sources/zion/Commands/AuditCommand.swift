import ArgumentParser
import AsyncHTTPClient
import Foundation
import Pool
import Stratum

/// `zion audit`
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prove that nobody has changed the books.",
    subcommands: [Verify.self, Export.self, Reconcile.self])

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Recompute the chain of records, every transfer and every balance.",
      discussion: """
        The end of a chain can be cut off without a trace: write the head down elsewhere, and give it with --expect.
        Exit code 0: everything is as it was recorded. 1: the database cannot be read. 2: something was changed; the first
        such record is named.
        """)
    @OptionGroup var place: DatabaseArguments
    @Option(help: "A head that was printed earlier, as SEQUENCE:HASH.")
    var expect: String?
    @Flag(help: "Print JSON, for programs.")
    var json = false

    struct Page: Codable {
      let records, transfers: Int64
      /// `SEQUENCE:HASH`
      let head: String
      let imbalanceAtomic: Int64
      let fault: String?
    }

    func run() async throws {
      var isFaulty = false
      try await place.use { _, database in
        let expecting = try head()
        let report = try await AuditVerifier(database: database).verify(expecting: expecting) { done, all in
          Progress.show("audit", done, of: all)
        }
        let imbalance = try await database.read { sql in try Balances.imbalance(sql) }
        let page = Page(
          records: report.head.sequence, transfers: report.transfers,
          head: "\(report.head.sequence):\(Hex.encode(report.head.hash))", imbalanceAtomic: imbalance.value,
          fault: report.fault?.description)
        if json {
          print(try JSONText.of(page))
        } else if let fault = page.fault {
          print("CHANGED \(fault)")
        } else {
          print(
            "OK \(page.records) records, \(page.transfers) transfers, the sum of all accounts is \(imbalance.value)")
          print("head \(page.head)")
        }
        isFaulty = page.fault != nil
      }
      if isFaulty { throw ExitCode(2) }
    }

    private func head() throws -> AuditHead? {
      guard let expect else { return nil }
      let parts = expect.split(separator: ":")
      guard parts.count == 2, let sequence = Int64(parts[0]), let hash = Hex.decode(parts[1]), hash.count == 32 else {
        throw StartError("--expect “\(expect)” is not SEQUENCE:HASH, as verify prints it")
      }
      return AuditHead(sequence: sequence, hash: hash)
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "All records, with their transfers, as CSV.",
      discussion: "Exit code 0: written. 1: the database cannot be read, or the file not be written.")
    @OptionGroup var place: DatabaseArguments
    @Flag(help: "The only format, and the default.")
    var csv = false
    @Option(help: "The file; without one, standard output.")
    var output: String?

    func run() async throws {
      try await place.use { _, database in
        guard let output else {
          return try await AuditExport(database: database).run { FileHandle.standardOutput.write(Data($0.utf8)) }
        }
        guard FileManager.default.createFile(atPath: output, contents: nil) else {
          throw StartError("\(output) cannot be written")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        try await AuditExport(database: database).run { try file.write(contentsOf: Data($0.utf8)) }
        try file.close()
      }
    }
  }
}

/// How far long work is, on standard error, when somebody looks at it.
enum Progress {
  static func show(_ what: String, _ done: Int64, of all: Int64) {
    guard isatty(2) == 1, all > 0 else { return }
    let text = "\r\(what): \(done) of \(all)\(done == all ? "\n" : "")"
    FileHandle.standardError.write(Data(text.utf8))
  }
}
