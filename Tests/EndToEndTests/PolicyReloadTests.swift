import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct PolicyReloadTests {
    private static let minerCount = 40
    private static let names = ["alpha", "beta"]

    /// Two pools, and a proxy whose policy says which of them comes first.
    private struct Farm {
      let pools: [ZionServer]
      let proxy: ZionServer
      var file: URL { proxy.folder.appendingPathComponent("policy.yaml") }

      init(in folder: TemporaryFolder) async throws {
        pools = try PolicyReloadTests.names.map { name in
          try ZionServer(
            name, in: folder,
            settings: EndToEnd.fixedDifficulty("0.0000001") + EndToEnd.embeddedPool(name: name)
              + "  coinbase_tag: /\(name)/\n")
        }
        let upstreams = zip(PolicyReloadTests.names, pools).map { name, pool in
          "  - { name: \(name), url: \"\(pool.url)\", user: \(EndToEnd.address(9)), extranonce2: 2 }\n"
        }
        proxy = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000001") + "pools:\n" + upstreams.joined() + EndToEnd.noLocalPool,
          policy: Self.policy("first", "alpha, beta"))
        for pool in pools { try await pool.start() }
        try await proxy.start()
      }

      static func policy(_ name: String, _ order: String) -> String {
        "name: \(name)\nmode: failover\norder: [\(order)]\nmin_dwell: 0s\nfailback_after: 0s\n"
      }

      /// As editors do: another file is put in place.
      func put(_ text: String) throws {
        let draft = proxy.folder.appendingPathComponent("policy.yaml.new")
        try Data(text.utf8).write(to: draft)
        guard rename(draft.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
      }

      var report: JSON {
        get async throws { try await proxy.api.get("/api/orchestrator/policy").json }
      }

      func metric(_ name: String) async throws -> String? {
        let lines = try await proxy.api.get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
      }

      func stop() async throws {
        for server in [proxy] + pools {
          #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        }
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `an edit of the policy takes effect within a second, and a broken one not at all, and no share is lost`()
      async throws
    {
      let folder = try TemporaryFolder("policy-reload")
      let farm = try await Farm(in: folder)
      try await EndToEnd.withLoops(2) { loops in
        let miners = EndToEnd.miners(Self.minerCount, at: farm.proxy.port, on: loops, sharesPerSecond: 2) {
          options, index in
          options.user = "farm.rig\(index)"
          options.sendsLateShares = index % 2 == 0
        }
        try await miners.startAndWait()
        try await miners.areAt("/alpha/")
        try await miners.mine(2)
        try await edits(miners, at: farm)
        try await brokenEdit(miners, at: farm)
        try await deletion(miners, at: farm)
        try await miners.rest()
        try await expectNothingLost(miners, farm)
        miners.stop()
      }
      try await farm.stop()
    }

    private func edits(_ miners: [TestMiner], at farm: Farm) async throws {
      var worst: [Double] = []
      for (name, order) in [("second", "beta, alpha"), ("third", "alpha, beta"), ("fourth", "beta, alpha")] {
        let known = miners.map { miner in miner.read { $0.jobs.count } }
        let edited = ContinuousClock.now
        try farm.put(Farm.policy(name, order))
        let tag = "/\(order.prefix { $0 != "," })/"
        try await miners.areAt(tag)
        let times = zip(miners, known).compactMap { miner, known in
          miner.read { record in
            record.jobs[known...].first { $0.coinbaseContains([UInt8](tag.utf8)) }
              .map { seconds(since: edited, until: $0.receivedAt) }
          }
        }
        #expect(times.count == miners.count)
        worst.append(times.max() ?? .infinity)
        let report = try await farm.report
        #expect(report["name"].string == name && report["text"].string == Farm.policy(name, order))
        try await miners.mine(2)
      }
      // Other tests share the machine, and may hold up one edit.
      #expect(worst.contains { $0 < 1 }, "seconds until the last miner worked by the edit: \(worst)")
      #expect(try await farm.metric("zion_policy_reloads_total{result=\"ok\"}") == "3")
      #expect(try await farm.proxy.api.get("/api/stats").json["about"]["policy"].string == "fourth")
      let shown = worst.map { "\(Int(($0 * 1000).rounded())) ms" }
      print("policy edits: the last of \(miners.count) miners worked by them after \(shown.joined(separator: ", "))")
    }

    private func brokenEdit(_ miners: [TestMiner], at farm: Farm) async throws {
      // In place and in pieces, as a script would: the first piece alone is a policy.
      let handle = try FileHandle(forWritingTo: farm.file)
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data("name: fifth\nmode: failover\n".utf8))
      try handle.write(contentsOf: Data("order: [alpha, gama]\n".utf8))
      try handle.close()
      try await eventually("the mistake in the API", within: .seconds(5), detail: { farm.proxy.process.tail }) {
        try await farm.report["problems"].array.count == 1
      }
      let report = try await farm.report
      #expect(report["name"].string == "fourth" && report["text"].string == Farm.policy("fourth", "beta, alpha"))
      let problem = report["problems"][0]
      #expect(problem["line"].int == 3 && problem["key"].string == "order[1]")
      #expect(problem["message"].string?.contains("there is no pool “gama”") == true)
      #expect(try await farm.metric("zion_policy_broken") == "1")
      #expect(try await farm.metric("zion_policy_reloads_total{result=\"broken\"}") == "1")
      let log = farm.proxy.process.output.split(separator: "\n").filter { $0.contains("cannot be used") }
      #expect(log.count == 1)
      #expect(log.allSatisfy { $0.contains("policy.yaml") && $0.contains("line=3") && $0.contains("key=order[1]") })
      try await miners.mine(3)
      try await miners.areAt("/beta/")
    }

    private func deletion(_ miners: [TestMiner], at farm: Farm) async throws {
      try FileManager.default.removeItem(at: farm.file)
      try await eventually("the missing file in the API", within: .seconds(5)) {
        try await farm.report["problems"][0]["message"].string?.contains("No such file") == true
      }
      try await miners.mine(2)
      try await miners.areAt("/beta/")
      try farm.put(Farm.policy("sixth", "alpha, beta"))
      try await miners.areAt("/alpha/")
      #expect(try await farm.report["problems"].array.isEmpty)
      #expect(try await farm.metric("zion_policy_broken") == "0")
      try await miners.mine(2)
    }

    private func expectNothingLost(_ miners: [TestMiner], _ farm: Farm) async throws {
      #expect(miners.disconnects == 0 && miners.oddities == [])
      #expect(miners.rejections.keys.allSatisfy { $0.hasPrefix("21") }, "\(miners.rejections)")
      for (name, pool) in zip(Self.names, farm.pools) {
        let tag = [UInt8]("/\(name)/".utf8)
        let due = miners.flatMap { miner in
          miner.read { record in record.accepted.filter { record.jobs[$0.job].coinbaseContains(tag) }.map(\.hash) }
        }
        #expect(!due.isEmpty)
        let table = try ShareTable(pool.database)
        try await eventually("shares of \(name) in its database") {
          let stored = try table.hashes()
          return due.allSatisfy { stored[$0] != nil }
        }
        let stored = try table.hashes()
        #expect(due.filter { stored[$0] != 1 } == [], "told accepted, and not stored exactly once by \(name)")
        print("policy edits: \(name) stored \(due.count { stored[$0] == 1 }) of \(due.count) told accepted")
      }
    }
  }
}
