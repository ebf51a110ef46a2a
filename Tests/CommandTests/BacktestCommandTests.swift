import ArgumentParser
import Foundation
import Orchestrator
import TestSupport
import Testing

@testable import zion

@Suite struct BacktestCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("backtest-command") }

  private func trace() throws -> String {
    try folder.write(
      "coin,algorithm,hashes_per_difficulty_unit\nLTC,scrypt,65536\nDOGE,scrypt,65536\n", to: "coins.csv")
    var text = "time,coin,price_usd,difficulty,block_reward_native,source\n"
    for day in 1...56 {
      let at = "2014-0\(day > 28 ? 2 : 1)-\(String(day > 28 ? day + 72 : day + 100).suffix(2))T00:00:00Z"
      text += "\(at),LTC,10,1,50,x\n\(at),DOGE,\(day < 30 ? 8 : 14),1,50,x\n"
    }
    return try folder.write(text, to: "scrypt.csv")
  }

  @Test func `results have the names that were promised`() throws {
    let command = try BacktestCommand.parse(["--trace", try trace(), "--policy", "balanced", "--switch-cost", "30m"])
    let results = try command.results()
    #expect(results.map(\.policy) == ["balanced"])
    #expect(results[0].switches == 2, "from the first source to the better one, and on when the order changes")
    #expect(results[0].capture ?? 0 > 0.8)
    let json = try #require(JSON(Data(try JSONText.of(results).utf8)))
    for key in [
      "trace", "group", "policy", "steps", "best_single", "policy_vs_best_single_pct", "clairvoyant_pct", "naive_pct",
      "lag1_best_threshold_pct", "switches", "capture", "ceiling_pct",
    ] {
      #expect(json[0][key] != JSON.null, "\(key)")
    }
  }

  @Test func `adaptive learning is within 0.3 % of the best of its policies`() throws {
    let command = try BacktestCommand.parse(["--trace", try trace(), "--policy", "adaptive_learning", "--shadows"])
    let results = try command.results()
    #expect(results.count > 3 && results[0].policy == "adaptive_learning")
    let best = results.dropFirst().map(\.policyPercent).max() ?? 0
    #expect(results[0].policyPercent >= best - 0.3)
  }

  @Test func `a span leaves out the rest`() throws {
    let command = try BacktestCommand.parse(["--trace", try trace(), "--from", "2014-01-15", "--to", "2014-02-20"])
    #expect(try command.results()[0].steps == 34)
  }

  @Test(arguments: [
    (["--switch-cost", "soon"], "--switch-cost: “soon” is not a duration"),
    (["--policy", "/no/such.yaml"], "--policy: /no/such.yaml cannot be read: No such file or directory"),
    (["--from", "monday"], "--from: “monday” is not a day; write it as 2018-01-01"),
    (["--from", "2015-01-01", "--to", "2014-01-01"], "--from: must be before --to"),
  ])
  func `mistakes are named`(arguments: [String], message: String) throws {
    let command = try BacktestCommand.parse(["--trace", try trace()] + arguments)
    let error = try #require(throws: ValidationError.self) { try command.results() }
    #expect(error.message.hasPrefix(message))
  }

  @Test func `a policy may name pools and coins, and what it denies is not mined`() throws {
    func results(_ text: String) throws -> Backtest.Result {
      let policy = try folder.write(text, to: "policy.yaml")
      return try BacktestCommand.parse(["--trace", try trace(), "--policy", policy]).results()[0]
    }
    let free = try results("name: free\nmode: optimize_profit\n")
    #expect(free.policyPercent > 0 && free.switches == 2)
    let bound = try results("name: bound\nmode: optimize_profit\ndeny: [ { coin: DOGE }, { pool: somewhere } ]\n")
    #expect(bound.switches == 0 && bound.policyPercent < free.policyPercent)
    let only = try results("name: only\nmode: optimize_profit\nallow: [ { pool: DOGE } ]\n")
    #expect(only.switches == 0 && only.bestSingle == "DOGE" && abs(only.policyPercent) < 1e-9)
  }

  @Test func `what a trace cannot follow of a policy is said`() throws {
    let policy = try folder.write(
      """
      name: farm
      mode: optimize_profit
      deny: [ { pool: alpha }, { pool: LTC } ]
      pins: [ { who: { tag: solar }, to: { pool: beta } } ]
      """, to: "policy.yaml")
    #expect(
      BacktestCommand.notes(try BacktestCommand.policy(policy), known: ["LTC", "DOGE"])
        == ["farm: pins are left out", "farm: no trace has a pool alpha"])
  }

  @Test func `a mode that decides by more than revenue is refused`() throws {
    let policy = try folder.write("mode: failover\n", to: "policy.yaml")
    let command = try BacktestCommand.parse(["--trace", try trace(), "--policy", policy])
    let error = try #require(throws: ValidationError.self) { try command.results() }
    #expect(error.message.contains("write optimize_profit or adaptive_learning"))
  }
}
