import ArgumentParser
import Pool
import Stratum

/// `zion block`
struct BlockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block", abstract: "Found blocks, and who got what of them.", subcommands: [List.self, Show.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Found blocks, newest first.", discussion: "Exit code 0: printed. 1: the database cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Option(help: "How many.")
    var limit = 20
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      try await place.use { configuration, database in
        let (pool, limit, coin) = (configuration.local.name, limit, configuration.local.coin)
        let blocks = try await PoolStore(pool: pool, database: database).blocks(limit: limit)
        if json { return print(try JSONText.of(blocks.map { BlockPage($0, coin: coin) })) }
        guard !blocks.isEmpty else { return print("no block was found yet") }
        let rows = blocks.map {
          [
            "\($0.height)", $0.foundAt.text, $0.algorithm.rawValue, $0.state.label, coin.text($0.reward),
            $0.finder.user, $0.hash.displayHex,
          ]
        }
        let table = Table(
          [">height", "found (UTC)", "algorithm", "state", ">reward \(coin.symbol)", "finder", "hash"], rows)
        print(table.lines.joined(separator: "\n"))
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who got what of the blocks at a height, and why.",
      discussion: "Exit code 0: printed. 1: no block was found at that height, or the database cannot be read.")
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "The height.")
    var height: UInt32
    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() async throws {
      try await place.use { configuration, database in
        let (pool, height, coin) = (configuration.local.name, height, configuration.local.coin)
        let found = try await database.read { sql in try BlockStatement.at(height: height, pool: pool, sql) }
        guard !found.isEmpty else { throw StartError("no block of this pool was found at height \(height)") }
        if json { return print(try JSONText.of(found.map { BlockDetail($0, coin: coin) })) }
        for statement in found { print(BlockDetail(statement, coin: coin).lines.joined(separator: "\n")) }
      }
    }
  }
}

/// A block in a few words.
struct BlockPage: Codable {
  struct Fee: Codable {
    let account, amount: String
  }

  let height: UInt32
  let hash, algorithm, finder, worker, state: String
  let reason: String?
  let confirmations: UInt32?
  /// In coins: what the coinbase pays to the pool, or with SOLO to the finder.
  let reward: String
  /// What it pays to others.
  let fees: [Fee]
  /// Seconds since 1970.
  let foundAt: UInt32

  init(_ block: BlockRecord, coin: Coin) {
    (height, hash, algorithm) = (block.height, block.hash.displayHex, block.algorithm.rawValue)
    (finder, worker, state) = (block.finder.account, block.finder.worker, block.state.label)
    if case .rejected(let why) = block.state { reason = why } else { reason = nil }
    if case .immature(let count) = block.state { confirmations = count } else { confirmations = nil }
    reward = coin.text(block.reward)
    fees = block.fees.map { Fee(account: $0.account, amount: coin.text($0.amount)) }
    foundAt = block.foundAt.seconds
  }
}

/// A block's money, line by line.
struct BlockDetail: Codable {
  struct Work: Codable {
    let algorithm: String
    /// Hashes, exact.
    let hashes: String
  }

  struct Line: Codable {
    let account: String
    let work: [Work]
    let weight: String
    let multiplier: String
    let base, bonus: String
  }

  struct Split: Codable {
    let scheme: String
    /// Ordinals of shares, both included.
    let windowFirst, windowLast: Int64
    let bonusPot, bonusPaid, remainder, reserve: String
    let isBooked: Bool
    let lines: [Line]
  }

  let block: BlockPage
  let split: Split?
  private let symbol: String

  init(_ statement: BlockStatement, coin: Coin) {
    block = BlockPage(statement.block, coin: coin)
    symbol = coin.symbol
    split = statement.split.map { split in
      Split(
        scheme: split.scheme.rawValue, windowFirst: split.windowFirst, windowLast: split.windowLast,
        bonusPot: coin.text(split.bonusPot),
        bonusPaid: coin.text(AtomicUnits(split.lines.reduce(0) { $0 + $1.bonus.value })),
        remainder: coin.text(split.remainder), reserve: coin.text(split.reserve), isBooked: split.isBooked,
        lines: split.lines.map { line in
          Line(
            account: line.account,
            work: line.works.map { Work(algorithm: $0.algorithm.rawValue, hashes: "\($0.work.hashes)") },
            weight: "\(line.weight)",
            multiplier: Coin(symbol: "", decimals: 4).text(AtomicUnits(Int64(line.multiplierBasisPoints))),
            base: coin.text(line.base), bonus: coin.text(line.bonus))
        })
    }
  }

  var lines: [String] {
    let state = block.state + (block.reason.map { ": \($0)" } ?? "")
    let worker = block.worker.isEmpty ? "" : ".\(block.worker)"
    var lines = [
      "block \(block.height)  \(block.hash)", "  \(block.algorithm), found by \(block.finder)\(worker), \(state)",
      "  reward \(block.reward) \(symbol)",
    ]
    lines += block.fees.map { "  fee    \($0.amount) \(symbol) to \($0.account), by the coinbase" }
    guard let split else { return lines + ["  not split yet: its shares are not all in the database"] }
    let count = split.windowLast - split.windowFirst + 1
    let booked = split.isBooked ? "credited" : "not credited"
    lines.append("  \(split.scheme) over \(count) shares (\(split.windowFirst) to \(split.windowLast)), \(booked)")
    lines.append(
      "  remainder \(split.remainder), to the reserve \(split.reserve), bonus \(split.bonusPaid) of \(split.bonusPot)")
    let rows = split.lines.map { line in
      [
        line.account, line.work.map { "\($0.algorithm) \($0.hashes)" }.joined(separator: ", "), line.weight,
        "×\(line.multiplier)", line.base, line.bonus,
      ]
    }
    return lines + [""]
      + Table(["account", "work (hashes)", ">weight", ">level", ">base \(symbol)", ">bonus \(symbol)"], rows).lines
  }
}
