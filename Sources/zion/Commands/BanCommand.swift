import ArgumentParser
import Foundation
import Pool
import Stratum

/// `zion ban`
struct BanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ban", abstract: "Who is kept out, why, and until when.",
    discussion: """
      Works on the pool's database: every running zion that shares it follows within a few seconds. SUBJECT is an
      address, a network (192.0.2.0/24), or NAME@ADDRESS for one miner behind an address that others share.
      """,
    subcommands: [List.self, Add.self, Remove.self, Explain.self, Statistics.self, Export.self],
    defaultSubcommand: List.self, aliases: ["bans"])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bans that hold now, the newest first.", discussion: "Exit code 0: printed. 1: cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      try await place.use { _, database in
        let now = Clocks.wall()
        let bans = try await database.read { try BanTable.standing(at: now, memory: 0, $0) }
          .filter { $0.holds(at: now) }.reversed().map(BanLine.init)
        if json { return print(try JSONText.of(Array(bans))) }
        guard !bans.isEmpty else { return print("nobody is banned") }
        print(
          Table(
            ["subject", "until", "by", "reason"],
            bans.map { [TerminalText.printable($0.subject), $0.until ?? "lifted", $0.by, $0.reason] }
          ).lines.joined(separator: "\n"))
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ban an address, a network, or a name at an address.",
      discussion: "Exit code 0: banned. 1: refused, and why.")
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "Who.")
    var subject: BanSubject
    @Option(name: .customLong("for"), help: "How long, such as 30m, 24h or 8760h. Default: until it is removed.")
    var length: String?
    @Option(help: "Why; the miner reads it.")
    var reason: String
    @Option(help: "Who bans, for the record.")
    var by = "operator"

    func run() async throws {
      try await place.use { configuration, database in
        let seconds = try length.map { try BanOrder.seconds($0) }
        let reason = try BanOrder.reason(reason)
        let (subject, by) = (subject, by)
        if let allowed = configuration.bans.rules.allowed.first(where: { subject.overlaps($0) }) {
          throw StartError("\(subject) is in \(allowed), which bans.allow keeps from every ban; take it out of there")
        }
        let now = Clocks.wall()
        let memory = configuration.bans.rules.memory
        let ban = try await database.write { sql in
          var book = BanBook(configuration.bans.rules, bans: try BanTable.standing(at: now, memory: memory, sql))
          let ban = book.add(subject, until: seconds.map { now.advanced(by: $0) }, reason: reason, by: by, at: now)
          try BanTable.append([.banned(ban)], at: now, sql)
          return ban
        }
        print(
          "\(ban.subject) is banned \(ban.until.map { "until \(Moment.text($0.seconds))" } ?? "until it is removed")")
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lift a ban; what led to it is forgotten.",
      discussion: "Exit code 0: lifted. 1: the database cannot be read. 2: there is no such ban.")
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "Who, as zion ban list writes it.")
    var subject: BanSubject
    @Option(help: "Who lifts it, for the record.")
    var by = "operator"

    func run() async throws {
      var isLifted = false
      try await place.use { _, database in
        let (subject, by, now) = (subject, by, Clocks.wall())
        isLifted = try await database.write { sql in
          guard case .banned(let ban)? = try BanTable.history(of: subject, limit: 1, sql).first?.change,
            ban.holds(at: now)
          else { return false }
          try BanTable.append([.lifted(subject, by: by)], at: now, sql)
          return true
        }
        print(isLifted ? "\(subject) may come again" : "\(subject) is not banned; see zion ban list")
      }
      if !isLifted { throw ExitCode(2) }
    }
  }

  struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What led to a subject's bans, the newest first.",
      discussion: "Exit code 0: explained. 1: the database cannot be read. 2: it was never banned.")
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "Who.")
    var subject: BanSubject
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      var isKnown = false
      try await place.use { configuration, database in
        let subject = subject
        let records = try await database.read { try BanTable.history(of: subject, limit: 100, $0) }
        isKnown = !records.isEmpty
        if json { return print(try JSONText.of(records.map(BanRecordLine.init))) }
        guard isKnown else { return print("\(subject) was never banned") }
        for record in records { print(BanRecordLine(record).text.joined(separator: "\n")) }
        print("the next ban would last \(BanOrder.text(configuration.bans.rules.length(after: records.bans)))")
      }
      if !isKnown { throw ExitCode(2) }
    }
  }
}

extension BanSubject: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension [BanTable.Record] {
  /// Newest first: how many bans there were since the last one was lifted.
  fileprivate var bans: Int {
    prefix { if case .banned = $0.change { true } else { false } }.count
  }
}
