import ArgumentParser
import Pool
import Stratum

extension BanCommand {
  struct Statistics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stats", abstract: "Bans by reason, by network and by day.",
      discussion: "Exit code 0: printed. 1: the database cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Option(help: "Days back, 1 to 366.")
    var days = 30
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
      guard (1...366).contains(days) else { throw ValidationError("--days is 1 to 366") }
    }

    func run() async throws {
      try await place.use { _, database in
        let since = Clocks.wall().advanced(by: -Int64(days) * 86_400)
        let statistics = try await database.read { try BanStatistics.since(since, $0) }
        if json { return print(try JSONText.of(statistics)) }
        for (title, counts) in [
          ("reason", statistics.reasons), ("network", statistics.networks), ("day", statistics.days),
        ] {
          print(Table([title, ">bans"], counts.map { [$0.label, "\($0.count)"] }).lines.joined(separator: "\n"))
          print("")
        }
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Banned addresses and networks as an nftables script, for a firewall in front.",
      discussion: """
        Each call replaces the table inet zion_bans as a whole: zion ban export | nft -f - . Bans that end take their
        element with them. Names at an address are not exported: others there go on. Exit code 0: printed. 1: cannot be
        read.
        """)
    @OptionGroup var place: DatabaseArguments
    @Option(help: "The stratum port that is closed to them. Default: that of the configuration.")
    var port: Int?

    func run() async throws {
      try await place.use { configuration, database in
        let now = Clocks.wall()
        let bans = try await database.read { try BanTable.standing(at: now, memory: 0, $0) }
        print(NFTables.script(bans, port: port ?? configuration.listen.port, at: now))
      }
    }
  }
}
