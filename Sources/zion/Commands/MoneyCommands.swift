import ArgumentParser
import Foundation
import Pool
import Stratum

/// `zion balance ADDRESS`
struct BalanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance", abstract: "What an address has here, and what it was paid.",
    discussion: """
      Nothing is created by asking. Exit code 0: printed. 1: nothing was ever credited to the address, or the database
      cannot be read.
      """)

  @OptionGroup var place: DatabaseArguments
  @Argument(help: "The address.")
  var address: String
  @Flag(help: "Print JSON, for programs.")
  var json = false

  struct Page: Codable {
    let address, coin: String
    /// In coins, all digits.
    let confirmed, immature, underway, paid: String
    let threshold: String
  }

  func run() async throws {
    try await place.use { configuration, database in
      let (local, coin) = (configuration.local, configuration.local.coin)
      let address = try local.canonical(address)
      let table = PayoutTable(pool: local.name)
      let (balance, isKnown, settings) = try await database.read { sql in
        let balance = try Balances.miner(address, sql)
        let isKnown = try balance.immature > .zero || Balances.exists(.miner(address), sql)
        return (balance, isKnown, try table.settings(of: address, sql))
      }
      guard isKnown else {
        throw StartError("nothing was ever credited to \(address)")
      }
      let page = Page(
        address: address, coin: coin.symbol, confirmed: coin.text(balance.confirmed),
        immature: coin.text(balance.immature), underway: coin.text(balance.underway), paid: coin.text(balance.paid),
        threshold: coin.text(settings.threshold ?? local.payouts.threshold))
      if json { return print(try JSONText.of(page)) }
      let rows = [
        ["confirmed", page.confirmed, "is paid from \(page.threshold) \(coin.symbol) on"],
        ["immature", page.immature, "in blocks that are not deep enough yet"],
        ["underway", page.underway, "in payments that are not final yet"], ["paid", page.paid, ""],
      ]
      print(Table([address, ">\(coin.symbol)", ""], rows).lines.joined(separator: "\n"))
    }
  }
}

/// `zion payouts`
struct PayoutsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "payouts", abstract: "Payments to miners, newest first.",
    discussion: """
      --csv is for spreadsheets (RFC 4180): all payments that there are, unless --limit says how many; a cell that a
      spreadsheet would take for a formula begins with an apostrophe.
      Exit code 0: printed. 1: the database cannot be read. With --watch it runs until Ctrl-C.
      """)

  @OptionGroup var place: DatabaseArguments
  @Option(help: "Only those of one address.")
  var address: String?
  @Option(help: "How many; without it 50, and with --csv all.")
  var limit: Int?
  @Flag(help: "Print JSON, for programs.")
  var json = false
  @Flag(help: "Print CSV, for spreadsheets.")
  var csv = false
  @Option(
    defaultAsFlag: 2, help: "Print it again and again, every so many seconds (0.2 to 3600; 2 without a number).")
  var watch: Double?

  struct Payment: Codable {
    let address, amount, state, batch: String
    let txid: String?
    /// Seconds since 1970, when it was decided.
    let at: UInt32
  }

  func validate() throws {
    try Watching.check(watch)
    try CSVRows.check(csv, json: json, watch: watch)
    if let limit, limit < 0 { throw ValidationError("--limit is 0 or more") }
  }

  func run() async throws {
    try await place.use { configuration, database in
      let (local, coin) = (configuration.local, configuration.local.coin)
      let address = try address.map { try local.canonical($0) }
      if csv { return try await export(to: address, of: local, database) }
      let limit = limit ?? 50
      try await Watching.again(every: watch, clears: !json) {
        let payments = try await database.read { sql in
          try PayoutTable(pool: local.name).payments(to: address, limit: limit, sql)
        }.map {
          Payment(
            address: $0.address, amount: coin.text($0.amount), state: $0.state, batch: $0.batch, txid: $0.txid,
            at: $0.at.seconds)
        }
        return json ? try JSONText.of(payments) : Self.lines(payments, coin: coin).joined(separator: "\n")
      }
    }
  }

  /// All of one state of the database.
  private func export(to address: String?, of local: LocalPoolOptions, _ database: any Database) async throws {
    let (limit, coin, pageSize) = (limit ?? .max, local.coin, 20_000)
    Self.show([["decided", "address", "amount", "coin", "state", "batch", "transaction"]])
    try await database.read { sql in
      var count = 0
      while count < limit {
        let page = try PayoutTable(pool: local.name).payments(
          to: address, limit: min(pageSize, limit - count), offset: count, sql)
        Self.show(page.map { Self.row($0, coin: coin) })
        count += page.count
        if page.count < pageSize { return }
      }
    }
  }

  private static func show(_ rows: [[String]]) {
    if !rows.isEmpty { print(CSVRows.lines(rows).joined(separator: "\n")) }
  }

  static func row(_ payment: Pool.Payment, coin: Coin) -> [String] {
    [
      payment.at.iso, payment.address, coin.text(payment.amount), coin.symbol, payment.state, payment.batch,
      payment.txid ?? "",
    ]
  }

  private static func lines(_ payments: [Payment], coin: Coin) -> [String] {
    guard !payments.isEmpty else { return ["nobody was paid yet"] }
    let rows = payments.map {
      [UnixTime(seconds: $0.at).text, $0.address, $0.amount, $0.state, $0.txid ?? "–"]
    }
    return Table(["decided (UTC)", "address", ">\(coin.symbol)", "state", "transaction"], rows).lines
  }
}

extension LocalPoolOptions {
  /// The spelling under which an address is credited.
  func canonical(_ address: String) throws -> String {
    guard case .embedded = node else { return address }
    return try ZionAddresses(accounts: Set(fees.map(\.address) + [self.address])).canonical(address)
  }
}

extension UnixTime {
  /// `2026-11-24T18:05:09Z`
  var iso: String { text.replacing(" ", with: "T") + "Z" }

  /// `2026-11-24 18:05:09`, in UTC.
  var text: String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }
}
