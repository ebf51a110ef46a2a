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

/// What all of them take.
struct PoolOptionGroup: ParsableArguments {
  @Option(name: .shortAndLong, help: "Configuration file; without it, what zion run does without one.")
  var config: String?

  @Flag(help: "Print JSON, for programs.")
  var json = false
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

  @OptionGroup var pool: PoolOptionGroup

  func run() async throws {
    try await ConfiguredPool.run("consciousness show") {
      let configured = try ConfiguredPool(pool.config)
      let account = try configured.account(address)
      let database = try await configured.database()
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
      try JSONText.show(page, asJSON: pool.json, else: page.lines)
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

  @OptionGroup var pool: PoolOptionGroup

  func validate() throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit is 1 to 10000, not \(limit)") }
  }

  func run() async throws {
    let limit = limit
    try await ConfiguredPool.run("consciousness leaderboard") {
      let database = try await ConfiguredPool(pool.config).database()
      let entries = try await database.read { sql in try ConsciousnessStore.leaderboard(limit: limit, sql) }
      let page = LeaderboardPage(entries)
      try JSONText.show(page, asJSON: pool.json, else: page.lines)
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

/// How pages become text.
enum JSONText {
  static func of(_ page: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(page), as: UTF8.self)
  }

  static func show(_ page: some Encodable, asJSON: Bool, else lines: [String]) throws {
    print(asJSON ? try of(page) : lines.joined(separator: "\n"))
  }
}
