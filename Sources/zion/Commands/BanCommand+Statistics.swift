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

/// Bans as `nft -f` reads them.
///
/// Source: nft(8), "Sets": interval sets with timeouts.
enum NFTables {
  static func script(_ bans: [Ban], port: Int, at now: UnixTime) -> String {
    var elements: (four: [String], six: [String]) = ([], [])
    for ban in bans where ban.holds(at: now) {
      let (text, isIPv6): (String, Bool)
      switch ban.subject {
      case .address(let address): (text, isIPv6) = ("\(address)", address.isIPv6)
      case .network(let network): (text, isIPv6) = ("\(network)", network.first.isIPv6)
      case .name: continue
      }
      let element = ban.until.map { "\(text) timeout \($0.seconds - now.seconds)s" } ?? text
      if isIPv6 { elements.six.append(element) } else { elements.four.append(element) }
    }
    return """
      table inet zion_bans
      delete table inet zion_bans
      table inet zion_bans {
      \(set("four", "ipv4_addr", elements.four))
      \(set("six", "ipv6_addr", elements.six))
        chain input {
          type filter hook input priority -5; policy accept;
          tcp dport \(port) ip saddr @four drop
          tcp dport \(port) ip6 saddr @six drop
        }
      }
      """
  }

  private static func set(_ name: String, _ type: String, _ elements: [String]) -> String {
    let list =
      elements.sorted().isEmpty ? "" : "\n    elements = { \(elements.sorted().joined(separator: ",\n      ")) }"
    return "  set \(name) {\n    type \(type)\n    flags interval, timeout\n    auto-merge\(list)\n  }"
  }
}
