import ArgumentParser
import AsyncHTTPClient
import Logging
import Pool
import Stratum

extension AuditCommand {
  struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Hold the ledger against the node's wallet and the chain.",
      discussion: """
        Asks the wallet what it has, and the chain for the transaction of every batch. The wallet is the pool's own:
        coins that came or went without `zion ledger deposit` or `withdraw` are a difference.
        Exit code 0: they agree. 1: the database or the node cannot be asked. 2: they differ, and how.
        """)
    @OptionGroup var place: DatabaseArguments
    @Flag(help: "Print JSON, for programs.")
    var json = false

    struct Page: Codable {
      /// In coins.
      let expected, held, owed, uncovered, unfundedBonus: String
      let differences: [String]
    }

    func run() async throws {
      var isInOrder = true
      try await place.use { configuration, database in
        let http = HTTPClient(configuration: BitcoinNode.httpConfiguration)
        let result: Result<Reconciliation, any Error>
        do {
          result = .success(try await Self.compare(configuration.local, database, http))
        } catch {
          result = .failure(error)
        }
        try await http.shutdown()
        let found = try result.get()
        isInOrder = found.isInOrder
        let coin = configuration.local.coin
        let page = Page(
          expected: coin.text(found.expected), held: coin.text(found.held), owed: coin.text(found.owed),
          uncovered: coin.text(found.uncovered), unfundedBonus: coin.text(found.unfundedBonus),
          differences: found.differences.map { "\($0)" })
        try JSONText.show(page, asJSON: json, else: Self.lines(page, coin: coin))
      }
      if !isInOrder { throw ExitCode(2) }
    }

    private static func lines(_ page: Page, coin: Coin) -> [String] {
      var lines = [
        "the wallet should hold \(page.expected) \(coin.symbol) and holds \(page.held)",
        "miners are owed \(page.owed), of which \(page.uncovered) are not in the wallet yet",
      ]
      if page.unfundedBonus != coin.text(.zero) { lines.append("bonuses without coins: \(page.unfundedBonus)") }
      return lines + (page.differences.isEmpty ? ["OK they agree"] : page.differences.map { "DIFFERENT \($0)" })
    }

    private static func compare(
      _ local: LocalPoolOptions, _ database: any Database, _ http: HTTPClient
    ) async throws -> Reconciliation {
      let logger = Logger(label: "zion audit", factory: { LogLines.handler($0) })
      guard let wallet = try PayerParts(options: local, database: database, http: http, logger: logger).wallet() else {
        throw StartError("there is no wallet to compare with: the embedded chain carries no transfers")
      }
      let table = PayoutTable(pool: local.name)
      let batches = try await database.read { sql in try table.withTransactions(sql) }
      var payments: [WalletReading.Payment] = []
      for (index, batch) in batches.enumerated() {
        guard let txid = batch.transaction?.txid else { continue }
        payments.append(
          WalletReading.Payment(
            batch: batch.order.id.text, txid: txid, amount: batch.outflow, status: try await wallet.status(of: txid)))
        Progress.show("payments", Int64(index + 1), of: Int64(batches.count))
      }
      let holdings = try await wallet.holdings()
      let reading = WalletReading(spendable: holdings.balance, immature: holdings.immature, payments: payments)
      return try await database.read { sql in try Reconciliation(with: reading, sql) }
    }
  }
}
