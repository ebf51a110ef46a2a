import API
import Foundation
import Orchestrator
import Stratum
import TestSupport
import Testing

@Suite struct MetricsTests {
  private static let ops = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("ops")

  private func text(_ change: (inout FakeFleet.State) -> Void = { _ in }) async throws -> String {
    let fleet = FakeFleet()
    fleet.change(change)
    let (texts, told) = AsyncStream.makeStream(of: String.self)
    try await fleet.serve(token: nil) { api in told.yield(try await api.get("/metrics").text) }
    told.finish()
    var result = ""
    for await text in texts { result = text }
    return result
  }

  /// The value behind a name with its labels.
  private func value(_ name: String, in text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  @Test func `promtool finds nothing to say against the metrics`() async throws {
    let text = try await text {
      $0.snapshot.sources[0].replyMillisecondsP50 = 20
      $0.snapshot.sources[0].connectMillisecondsP50 = 40
      $0.snapshot.sources[0].connectMillisecondsP99 = 90
      $0.snapshot.verifier = VerifierSnapshot(
        waiting: 3, waitingSeconds: 0.1,
        algorithms: [
          .kawpow: .init(
            verified: 5, wrong: 1, verifySecondsTotal: 0.5, waitSecondsP50: 0.1, waitSecondsP99: 0.2,
            verifySecondsP50: 0.1, verifySecondsP99: 0.3)
        ])
    }
    let verdict = try Promtool.run("check", "metrics", input: text)
    #expect(verdict.status == 0 && verdict.output == "", "\(verdict.output)")
  }

  @Test func `ZION's own names are there, by algorithm and with closed sets of labels`() async throws {
    let text = try await text {
      $0.snapshot.connections.opened = 7
      for seconds in [0.0002, 0.02, 30] { $0.snapshot.shareSeconds.record(seconds) }
      $0.workings.blockSeconds.record(90)
      $0.workings.journal = Workings.Journal(isHealthy: true, lagSeconds: 1.5, records: 12, waiting: 2)
      $0.workings.logMessages = ["error": 3]
      $0.workings.suspectedOfWithholding = 2
      $0.books = BooksReport(
        imbalance: 0, walletHolds: 5, bonusFund: 6, reserve: 0, openPayouts: [:], pendingCoins: 12.5)
    }
    let expected: [(String, Double)] = [
      (#"zion_pool_info{version="zion test",name="zion",consciousness_mining="true"}"#, 1),
      (#"zion_pool_shares_total{algorithm="sha256d",status="valid"}"#, 100),
      (#"zion_pool_shares_total{algorithm="sha256d",status="invalid"}"#, 4),
      (#"zion_pool_blocks_found_total{algorithm="sha256d"}"#, 2),
      (#"zion_pool_hashrate{algorithm="sha256d"}"#, 1.5e12),
      (#"zion_pool_active_miners{algorithm="sha256d"}"#, 1), ("zion_pool_connected_miners", 1),
      ("zion_pool_connections_total", 7), ("zion_pool_pending_balance", 12.5),
      (#"zion_pool_share_processing_seconds_bucket{le="0.00025"}"#, 1),
      (#"zion_pool_share_processing_seconds_bucket{le="0.025"}"#, 2),
      (#"zion_pool_share_processing_seconds_bucket{le="10.0"}"#, 2),
      (#"zion_pool_share_processing_seconds_bucket{le="+Inf"}"#, 3), ("zion_pool_share_processing_seconds_count", 3),
      (#"zion_pool_block_time_seconds_bucket{le="60.0"}"#, 0), (#"zion_pool_block_time_seconds_bucket{le="300.0"}"#, 1),
      ("zion_pool_block_time_seconds_sum", 90), ("zion_pool_withholding_suspects", 2), ("zion_journal_healthy", 1),
      ("zion_journal_lag_seconds", 1.5),
      ("zion_journal_records_total", 12), (#"zion_log_messages_total{level="error"}"#, 3),
    ]
    for (name, wanted) in expected { #expect(value(name, in: text) == wanted, "\(name)") }
    #expect(!text.contains("rig1") && !text.contains("farm"), "a miner's words are no labels")
  }

  @Test func `promtool finds nothing to say against the alarms, and each fires when it should`() throws {
    let folder = Self.ops.appendingPathComponent("prometheus")
    for arguments in [("check", "alerts.yaml"), ("test", "alerts.test.yaml")] {
      let verdict = try Promtool.run(arguments.0, "rules", arguments.1, in: folder)
      #expect(verdict.status == 0 && verdict.output.contains("SUCCESS"), "\(verdict.output)")
    }
    let rules = try String(contentsOf: folder.appendingPathComponent("alerts.yaml"), encoding: .utf8)
    let tests = try String(contentsOf: folder.appendingPathComponent("alerts.test.yaml"), encoding: .utf8)
    for match in rules.matches(of: /- alert: (\w+)/) {
      let name = String(match.output.1)
      let fires = tests.components(separatedBy: "eval_time:").contains {
        $0.contains(name) && $0.contains("exp_alerts")
      }
      #expect(fires, "\(name) fires in no test")
    }
  }

  @Test func `times between blocks are counted from the second one on`() {
    var times = BlockTimes()
    times.look(5, at: 100)
    #expect(times.histogram.count == 0)
    times.look(6, at: 200)
    #expect(times.histogram.count == 0)
    times.look(6, at: 300)
    times.look(8, at: 400)
    #expect(times.histogram.count == 2 && times.histogram.sum == 200)
    // A shard that gives no report makes the sum smaller for a moment.
    times.look(2, at: 500)
    times.look(8, at: 600)
    #expect(times.histogram.count == 2)
  }
}
