import ArgumentParser
import Bench
import Pool
import Stratum

extension BenchCommand {
  struct API: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "api", abstract: "Each page of the HTTP interface beside /api/health, and shares while wrk asks.",
      discussion: """
        A local pool with a year of sums in its database and --connections miners that send a share in 15 s each. A page
        is asked for on one connection for a third of --seconds in each round, after as long for /api/health. wrk is a
        package of Debian: apt install wrk.
        """)
    @OptionGroup var amount: BenchAmount
    @Option(help: "Addresses between which the miners are divided.")
    var accounts = 200
    @Option(help: "The program wrk, by its path or its name in PATH.")
    var wrk = "wrk"
    @Option(help: ArgumentHelp("Only pages whose paths hold this.", valueName: "text"))
    var only = ""

    func validate() throws {
      guard (1...100_000).contains(accounts) else { throw ValidationError("--accounts must be 1 to 100000") }
    }

    func run() async throws {
      var benchmark = APIBenchmark()
      benchmark.accounts = accounts
      benchmark.wrk = wrk
      benchmark.only = only
      try await amount.report([{ [benchmark] in try benchmark.run($0) }])
    }
  }

  /// Fills the database that pages are read from; started by the benchmark.
  struct APIYearFill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "api-year", shouldDisplay: false)

    @Option var database: String
    @Option var pool: String
    @Option var accounts: Int
    @Option var workers: Int

    func run() async throws {
      let year = APIYear(pool: pool, accounts: accounts, workers: workers, now: Int64(Clocks.wall().seconds))
      try await year.fill(try SQLiteDatabase(path: database))
    }
  }
}
