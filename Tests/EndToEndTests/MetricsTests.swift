import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What the running server says in `/metrics`, before an independent judge.
  @Suite struct MetricsTests {
    @Test(.timeLimit(.minutes(2)))
    func `the running server's metrics are clean, and hold every name that the dashboard and the alarms ask for`()
      async throws
    {
      let folder = try TemporaryFolder("metrics")
      try await EndToEnd.withLoops(1) { loops in
        let pool = try await FakePool("ups", difficulty: 0.0000002, on: loops)
        let server = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + """
            prices: { UPS: { static: 10 }, ZION: { static: 1 } }
            pools:
              - { name: ups, url: "stratum+tcp://127.0.0.1:\(pool.port)", user: farm, extranonce2: 2, coin: UPS }

            """ + EndToEnd.embeddedPool(),
          policy: """
            name: split
            mode: split
            weights: { ups: 1, zion: 1 }
            min_dwell: 0s

            """)
        try await server.start()
        let miners = EndToEnd.miners(4, at: server.port, on: loops, sharesPerSecond: 4)
        try await miners.startAndWait()
        try await miners.mine(5)
        // A share of the year 1970: refused, and so a reason in the metrics.
        let job = try #require(miners[0].read { $0.jobs.last })
        let extranonce2 = String(repeating: "00", count: job.extranonce2ByteCount)
        miners[0].send(
          #"{"id":900,"method":"mining.submit","params":["\#(miners[0].options.user)","\#(job.id)","\#(extranonce2)","#
            + #""00000000","00000000"]}"#)
        let needed = [
          "zion_shares_answered_total{source=\"ups\"", "zion_shares_rejected_total{", "zion_source_reply_seconds{",
          "zion_pool_revenue_per_hash{",
        ]
        @Sendable func missing() async throws -> [String] {
          let text = try await server.api.get("/metrics").text
          return needed.filter { !text.contains($0) }
        }
        try await eventually(
          "shares of both pools and a refusal in the metrics", within: .seconds(60),
          detail: { "\((try? await missing()) ?? []) is missing; \(server.process.tail)" }
        ) {
          try await missing().isEmpty
        }
        let text = try await server.api.get("/metrics").text
        let verdict = try Promtool.run("check", "metrics", input: text)
        #expect(verdict.status == 0 && verdict.output == "", "\(verdict.output)")

        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
          .deletingLastPathComponent().appendingPathComponent("ops")
        let shown = Promtool.names(in: text)
        for file in ["grafana/zion.json", "prometheus/alerts.yaml"] {
          let asked = Promtool.names(in: try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8))
          #expect(asked.count > 5 && asked.subtracting(shown).sorted() == [], "\(file) asks for what is not there")
        }
        let dashboard = try #require(JSON(try Data(contentsOf: root.appendingPathComponent("grafana/zion.json"))))
        #expect(dashboard["panels"].array.count > 10)
        #expect(dashboard["panels"].array.allSatisfy { !$0["targets"].array.isEmpty })

        miners.stop()
        try await pool.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }
  }
}
