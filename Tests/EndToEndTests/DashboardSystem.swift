import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// A farm to look at: two upstreams, the local pool, two hundred miners on them, and a browser.
  struct DashboardSystem {
    static let minerCount = 200
    /// Of those, at the local pool.
    static let localCount = 12

    let alpha: FakePool
    let beta: FakePool
    let server: ZionServer
    let miners: [TestMiner]
    let browser: Browser

    static let policy = """
      name: farm
      mode: optimize_profit
      min_dwell: 1s
      decision: { moves_per_hour: 60 }

      """

    init(in folder: TemporaryFolder, on loops: MultiThreadedEventLoopGroup) async throws {
      alpha = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
      beta = try await FakePool("beta", difficulty: 0.0000002, on: loops)
      beta.pays(4_000_000_000)
      server = try ZionServer(
        "server", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000002") + """
          reply: local
          prices: { currency: USD, BTC: { static: 90000 }, ZION: { static: 0.01 } }
          pools:
            - { name: alpha, url: "stratum+tcp://127.0.0.1:\(alpha.port)", user: farm, extranonce2: 2, coin: BTC, fee: 1% }
            - { name: beta, url: "stratum+tcp://127.0.0.1:\(beta.port)", user: farm, extranonce2: 2, coin: BTC, fee: 2% }

          """ + EndToEnd.embeddedPool(interval: "1s"),
        policy: Self.policy)
      try await server.start()
      miners = EndToEnd.miners(Self.minerCount, at: server.port, on: loops, sharesPerSecond: 0.5)
      try await miners.startAndWait()
      browser = try await Browser.start(in: folder.folder("browser"), on: loops)
    }

    var base: String { "http://127.0.0.1:\(server.api.port)" }

    /// The account of miner `index`, as the server writes it.
    static func account(_ index: Int) -> String { EndToEnd.address(index + 1).uppercased() }

    /// Sends a few miners to the local pool, and waits until everyone has found something where he is, and `zion mine` a
    /// block. Then all rest, so that what is counted stands still.
    func settle() async throws {
      let smith = try ServerProcess(
        "smith", in: server.folder,
        arguments: [
          "mine", "--url", server.url, "--user", "\(EndToEnd.address(0x517)).smith", "--algorithm", "cosmic_harmony",
          "--threads", "1", "--blocks", "1",
        ])
      try smith.start()
      for index in 0..<Self.localCount {
        let order = try await server.api.post("/api/move", "{\"to\":\"zion:sha256d\",\"worker\":\"rig\(index)\"}")
        #expect(order.status == 200, "\(order.text)")
      }
      try await miners.mine(3, within: .seconds(60))
      for miner in miners { try await miner.rest(within: .seconds(60)) }
      #expect(try await smith.end(within: .seconds(90)) == .status(0), "\(smith.tail)")
      try await eventually("the block is in the database", detail: { server.process.tail }) {
        try await server.api.get("/api/blocks").json["blocks"].array.contains { $0["worker"].string == "smith" }
      }
      try await eventually("the journal is in the database", detail: { server.process.tail }) {
        try await server.api.get("/api/miner/\(Self.account(0))").json["shares"].int ?? 0 > 0
      }
    }

    func stop() async throws {
      try await browser.stop()
      miners.stop()
      for pool in [alpha, beta] { try await pool.stop() }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    /// What a browser complains of when a part of the interface is not served by this build: the page says so in place.
    func expectQuiet(_ page: BrowserPage, sourceLocation: SourceLocation = #_sourceLocation) async throws {
      var missing: [String] = []
      for path in ["/api/events", "/api/consciousness/levels"] where try await server.api.get(path).status == 404 {
        missing.append(path.replacingOccurrences(of: "/levels", with: ""))
      }
      let complaints = page.complaints.filter { complaint in !missing.contains { complaint.contains($0) } }
      #expect(complaints == [], sourceLocation: sourceLocation)
    }

    /// Nothing is asked of anybody else.
    func expectOnlyThisHost(_ page: BrowserPage, sourceLocation: SourceLocation = #_sourceLocation) {
      let own = ["http://127.0.0.1:\(server.api.port)/", "ws://127.0.0.1:\(server.api.port)/", "data:image/"]
      let foreign = page.requests.filter { request in
        request != "about:blank" && !own.contains { request.hasPrefix($0) }
      }
      #expect(foreign == [], sourceLocation: sourceLocation)
      #expect(!page.requests.isEmpty, sourceLocation: sourceLocation)
    }
  }
}

extension BrowserPage {
  /// The cells of the table in a card, a list for each row.
  func rows(_ card: String) async throws -> [[String]] {
    let value = try await evaluate(
      """
      [...document.querySelectorAll('section[aria-label="\(card)"] tbody tr')]
        .map((row) => [...row.children].map((cell) => cell.innerText.trim()))
      """)
    return value.array.map { $0.array.compactMap(\.string) }
  }

  /// A big number, by its key.
  func figure(_ key: String) async throws -> String { try await text("[data-value=\"\(key)\"]") }
}
