import ArgumentParser
import Pool
import Stratum

/// `zion ledger`
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Accounts, and coins that the operator brings or takes.",
    subcommands: [Accounts.self, Deposit.self, Withdraw.self], defaultSubcommand: Accounts.self)

  struct Accounts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "All accounts with their balances; their sum is 0.",
      discussion: "Exit code 0: printed. 1: the database cannot be read. 2: the sum is not 0; run zion audit verify.")
    @OptionGroup var place: DatabaseArguments
    @Flag(help: "Also the accounts of single miners, blocks and batches.")
    var all = false
    @Flag(help: "Print JSON, for programs.")
    var json = false

    struct Page: Codable {
      let account, balance: String
    }

    func run() async throws {
      var isBalanced = true
      try await place.use { configuration, database in
        let (coin, all) = (configuration.local.coin, all)
        let (pages, sum) = try await database.read { sql in
          var pages: [Page] = []
          var last = ""
          while let batch = Optional(try Balances.all(after: last, sql)), let end = batch.last {
            last = end.name
            pages += batch.filter { all || !$0.isSingle }.map { Page(account: $0.name, balance: coin.text($0.balance)) }
          }
          return (pages, try Balances.imbalance(sql))
        }
        isBalanced = sum == .zero
        if json { return print(try JSONText.of(pages)) }
        print(
          Table(["account", ">\(coin.symbol)"], pages.map { [$0.account, $0.balance] }).lines.joined(separator: "\n"))
        print("the sum of all accounts is \(sum.value)")
      }
      if !isBalanced { throw ExitCode(2) }
    }
  }

  struct Deposit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Book coins that came into the pool's wallet from outside.",
      discussion: "The same --id is booked once. Exit code 0: booked. 1: refused, and why.")
    @OptionGroup var movement: Movement
    func run() async throws {
      try await movement.post { amount, account, id, now in .deposit(amount, to: account, id: id, at: now) }
    }
  }

  struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Book coins that the operator took out of the pool's wallet.",
      discussion: "The same --id is booked once. Exit code 0: booked. 1: refused, and why.")
    @OptionGroup var movement: Movement
    func run() async throws {
      try await movement.post { amount, account, id, now in .withdrawal(amount, from: account, id: id, at: now) }
    }
  }

  struct Movement: ParsableArguments {
    enum Purpose: String, CaseIterable, ExpressibleByArgument {
      case reserve, bonus, remainder

      var account: Account {
        switch self {
        case .reserve: .reserve
        case .bonus: .bonusSource
        case .remainder: .remainder
        }
      }
    }

    @OptionGroup var place: DatabaseArguments
    @Argument(help: "The amount in coins.")
    var amount: String
    @Option(help: "For or from which account: reserve (PPS), bonus (the fund's source) or remainder.")
    var account: Purpose
    @Option(help: "What the movement is known by, such as its transaction's id.")
    var id: String

    func post(
      _ make: @escaping @Sendable (AtomicUnits, Account, String, UnixTime) -> Transfer
    ) async throws {
      try await place.use { configuration, database in
        let coin = configuration.local.coin
        guard let amount = coin.amount(amount), amount > .zero else {
          throw StartError("“\(self.amount)” is not an amount of \(coin.symbol)")
        }
        let (account, id, now) = (account.account, id, Clocks.wall())
        let (isNew, balance) = try await database.write { sql in
          let isNew = try Ledger.post([make(amount, account, id, now)], sql) == 1
          return (isNew, try Balances.balance(of: account, sql))
        }
        let word = isNew ? "booked" : "was booked before"
        print("\(coin.named(amount)) \(word); \(account.name) has \(coin.named(balance))")
      }
    }
  }
}

extension AccountBalance {
  /// Whether it belongs to one miner, block or batch.
  fileprivate var isSingle: Bool {
    switch Account(name: name) {
    case .miner, .reward, .payout: true
    default: false
    }
  }
}
