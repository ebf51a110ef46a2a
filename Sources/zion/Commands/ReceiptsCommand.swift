import API
import ArgumentParser
import Foundation
import Pool
import Stratum

/// `zion receipts`
struct ReceiptsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipts", abstract: "Signed lists of acknowledged shares: check that none was left out.",
    subcommands: [List.self, Verify.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The statements that a running zion has signed, newest first, and its key.",
      discussion: "Exit code 0: shown. 1: no answer, or no receipts are kept there.")
    @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
    var api = APIClient.defaultURL
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      let page: ReceiptsPage = try await APIClient(api).get("/api/receipts")
      guard !json else { return print(try JSONText.of(page)) }
      print("key \(page.publicKey)")
      let table = Table(
        ["start", "until", ">shares", ">accounts"],
        page.statements.map { ["\($0.from)", "\($0.until)", "\($0.shares)", "\($0.accounts)"] })
      for line in table.lines { print(line) }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check an address's receipts of a period.",
      discussion: """
        The key should come from somewhere else than the API that is checked: write it down once. With --hashes, every \
        share that the miner was told counts must be in the list.
        Exit code 0: they are in order. 1: no answer, or no such receipts. 2: they are not in order; the sentence says why.
        """)
    @Argument(help: "The address that is paid.")
    var address: String
    @Argument(help: "When the period began, as zion receipts list shows it.")
    var start: Int64
    @Option(help: "The public key that must have signed, 64 hex digits; without it, the one that the API tells.")
    var key: String?
    @Option(help: "A file with the hashes of shares that were accepted within the period, one a line.")
    var hashes: String?
    @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
    var api = APIClient.defaultURL

    func run() async throws {
      let page = try await whole()
      guard let bytes = Hex.decode(key ?? page.publicKey), let key = Ed25519PublicKey(bytes: bytes) else {
        throw ValidationError("--key is not a public key; write the 64 hex digits that zion receipts list shows")
      }
      let own = try hashes.map { path in
        try TextFile.read(path).split(whereSeparator: \.isNewline).map { String($0.trimming()) }.filter { !$0.isEmpty }
      }
      guard let receipts = AccountReceipts(page) else {
        throw APIClient.Failure(
          description: "\(api) did not answer as zion does: is that its API, of the same version?")
      }
      do throws(ReceiptFault) {
        try receipts.verify(by: key, own: own ?? [])
      } catch {
        print("NOT IN ORDER \(error)")
        throw ExitCode(2)
      }
      print("OK \(receipts.shares.count) shares of \(receipts.account), signed by \(Hex.encode(key.bytes))")
      if let own { print("all \(own.count) hashes of \(hashes ?? "") are among them") }
    }

    /// All parts of the list.
    private func whole() async throws -> AccountReceiptsPage {
      let client = APIClient(api)
      let name = address.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? address
      func part(_ offset: Int) async throws -> AccountReceiptsPage {
        try await client.get("/api/receipts/\(start)/\(name)?offset=\(offset)")
      }
      var page = try await part(0)
      while page.list.count < page.shares {
        let next = try await part(page.list.count)
        guard !next.list.isEmpty, next.statement == page.statement else { break }
        page.list += next.list
      }
      return page
    }
  }
}
