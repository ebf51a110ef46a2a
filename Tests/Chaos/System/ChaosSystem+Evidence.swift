import Foundation
import Stratum
import TestSupport

extension ChaosSystem {
  /// Reads all that is left, apart from the product's own code. The server has ended.
  func evidence() async throws -> Evidence {
    let journal = try JournalReading(directory: server.data.appendingPathComponent("journal"))
    let database = try DatabaseReading(url: databaseURL)
    let client = ClientTruth(everyMiner, pools: Self.names)
    let chain =
      if let nodes {
        try await ChainReading(
          nodes, hashes: Set(database.blocks.map(\.hash)).union(client.accepted.filter(\.isBlock).map(\.hash)),
          addresses: miners.map { String($0.options.user.prefix { $0 != "." }) })
      } else {
        try ChainReading(embedded: chainFile)
      }
    var upstreamHashes: [String: [String]] = [:]
    for pool in upstreams { upstreamHashes[pool.name] = pool.record.accepted.map(\.hash) }
    return Evidence(
      client: client, journal: journal.shares, database: database, chain: chain, blockFiles: try blockFiles(),
      upstreams: upstreamHashes,
      upstreamWork: ShareWork(of: Difficulty(clamping: Self.difficulty).target(for: .sha256d)).hashes,
      upstreamReplies: plan.world.reply == .upstream)
  }

  struct Unsettled: Equatable {
    /// Of the embedded chain; see `ChainReading.races`.
    var races: [String] = []
    /// All else that is still to come.
    var work: [String] = []

    var all: [String] { races + work }
  }

  /// What is still to come, while the pool runs.
  func unsettled() throws -> Unsettled {
    let journal = try JournalReading(directory: server.data.appendingPathComponent("journal"))
    guard let database = try? DatabaseReading(url: databaseURL) else {
      return Unsettled(work: ["the database cannot be read"])
    }
    let stored = Set(database.shares.map(\.hash))
    var open = journal.shares.filter { !stored.contains($0.hash) }.map { "share \($0.hash) of the journal" }
    guard plan.world.node == .bitcoin else {
      let chain = try ChainReading(embedded: chainFile)
      return Unsettled(races: chain.races(database.blocks), work: open + chain.unheard(database.blocks))
    }
    open += database.blocks.filter { !$0.isDecided }.map(\.standing)
    open += database.batches.filter { !["final", "cancelled", "conflicted"].contains($0.state) }
      .map { "payment \($0.id) is \($0.state)" }
    // Above the threshold of the configuration.
    open += database.balances.filter { $0.key.hasPrefix("miner:") && $0.value >= 1_000_000 }
      .map { "\($0.key) is owed \($0.value)" }
    return Unsettled(work: open)
  }

  /// A second; where the chain is waited for, until it is a block longer, or `limit` is over.
  func goOn(for open: Unsettled, within limit: Duration) async throws {
    guard let closer, !open.races.isEmpty else {
      try await Task.sleep(for: .seconds(1))
      _ = try await nodes?.call("generate", "1", node: 1)
      return
    }
    let count = try blockCount()
    if closer.read({ $0.connects }) == 0 { try await closer.startAndWait() }
    try await closer.mine(within: limit) {
      try server.look()
      return try blockCount() > count
    }
  }

  private func blockCount() throws -> Int { try ChainReading(embedded: chainFile).confirmations.count }

  private var chainFile: URL { server.data.appendingPathComponent("chain-chaos/blocks.dat") }

  /// `blocks/HEIGHT-HASH.json`, and the same below `done`.
  private func blockFiles() throws -> Set<String> {
    // By the block's name, and by that of the share which found it.
    var hashes: Set<String> = []
    for folder in ["blocks", "blocks/done"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: server.data.appendingPathComponent(folder).path)
      for name in names where name.hasSuffix(".json") {
        hashes.insert(String(name.dropLast(5).drop { $0 != "-" }.dropFirst()))
        let file = server.data.appendingPathComponent(folder).appendingPathComponent(name)
        if let share = JSON(try Data(contentsOf: file))?["shareHash"].string { hashes.insert(share) }
      }
    }
    return hashes
  }
}
