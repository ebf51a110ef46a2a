import ArgumentParser
import Foundation
import Pool
import Stratum

struct ConsciousnessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consciousness", abstract: "The consciousness game: levels, experience and credentials.",
    discussion: """
      All read and write the database that the configuration names; a running server may go on beside them.
      Exit code 0: done. 1: it could not be done, and standard error says why. 78: a configuration with mistakes.
      """,
    subcommands: [
      ConsciousnessShowCommand.self, ConsciousnessLeaderboardCommand.self, ConsciousnessLevelsCommand.self,
      ConsciousnessCreditCommand.self, ConsciousnessSignCommand.self,
    ])
}

struct ConsciousnessShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an account's level, experience, achievements and history.",
    discussion: """
      Computed now, from shares, blocks and credentials; asking creates nothing.
      Exit code 0: shown. 1: the account was never seen, or the database cannot be used. 78: wrong configuration.
      """)

  @Argument(help: "The account: the address that miners log in with.")
  var address: String

  @OptionGroup var place: DatabaseArguments
  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() async throws {
    try await place.use { configuration, database in
      let account = try configuration.local.canonical(address)
      let (profile, history) = try await database.read { sql in
        (
          try ConsciousnessStore.profile(of: account, today: UTCDay(Clocks.wall()), sql),
          try ConsciousnessStore.history(of: account, sql)
        )
      }
      guard let profile else {
        throw StartError("\(account) has no share, no block and no credential here: it was never seen")
      }
      let page = ProfilePage(profile, history)
      try JSONText.show(page, asJSON: json, else: page.lines)
    }
  }
}

struct ConsciousnessLeaderboardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard", abstract: "Show who has the most experience.",
    discussion: """
      As the server that runs stored it last, some seconds ago.
      Exit code 0: shown, and be it empty. 1: the database cannot be used. 78: wrong configuration.
      """)

  @Option(help: "How many places, 1 to 10000.")
  var limit = 20

  @OptionGroup var place: DatabaseArguments
  @Flag(help: "Print JSON, for programs.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit is 1 to 10000, not \(limit)") }
  }

  func run() async throws {
    let limit = limit
    try await place.use { _, database in
      let entries = try await database.read { sql in try ConsciousnessStore.leaderboard(limit: limit, sql) }
      let page = LeaderboardPage(entries)
      try JSONText.show(page, asJSON: json, else: page.lines)
    }
  }
}

struct ConsciousnessLevelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "levels", abstract: "Show the nine levels: from which experience, and what they multiply.",
    discussion: "A level multiplies its miner's weight in the bonus pot of a block, and nothing else. Exit code 0.")

  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() async throws {
    let page = LevelsPage()
    try JSONText.show(page, asJSON: json, else: page.lines)
  }
}
