import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// The dashboard as people see it: a real browser on a running system.
  @Suite struct DashboardTests {
    @Test(.timeLimit(.minutes(15)))
    func `each page shows the API's numbers, a move shows at once, and nothing leaves the host`() async throws {
      let folder = try TemporaryFolder("dashboard")
      try await EndToEnd.withLoops(2) { loops in
        let system = try await DashboardSystem(in: folder, on: loops)
        try await system.settle()
        let page = try await system.browser.page()
        try await page.show(width: 1440, height: 900)
        try await overview(page, system)
        try await routing(page, system)
        try await profitability(page, system)
        try await workers(page, system)
        try await blocks(page, system)
        try await miner(page, system)
        try await others(page, system)
        try await keyboard(page, system)
        try await system.expectQuiet(page)
        system.expectOnlyThisHost(page)
        try await Screens.take(of: system)
        try await system.stop()
      }
    }

    private func overview(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/")
      try await eventually("the overview equals the API", within: .seconds(30)) {
        let stats = try await system.server.api.get("/api/stats").json
        let pools = try await system.server.api.get("/api/pools").json["pools"].array
        let figures = [
          try await page.figure("miners"), try await page.figure("accepted"), try await page.figure("rejected"),
          try await page.figure("blocks"),
        ]
        let wanted = [
          stats["miners"], stats["shares"]["accepted"], stats["shares"]["rejected"], stats["blocks"]["found"],
        ].map { grouped($0.int) }
        let rows = try await page.rows("By pool")
        let byPool = pools.filter { ["alpha", "beta", "zion:sha256d"].contains($0["name"].string) }.allSatisfy { pool in
          rows.contains {
            $0[0] == pool["name"].string && $0[1] == pool["algorithm"].string && $0[3] == grouped(pool["miners"].int)
              && $0[4] == pool["hashrateText"].string && $0[5] == grouped(pool["told"]["accepted"].int)
          }
        }
        let used = stats["algorithms"].object.filter { ($1["miners"].int ?? 0) > 0 || ($1["hashrate"].double ?? 0) > 0 }
        let algorithms = used.sorted { $0.key < $1.key }.map { name, line in
          [name, grouped(line["miners"].int), line["hashrateText"].string ?? ""]
        }
        let byAlgorithm = try await page.rows("By algorithm")
        return figures == wanted && byPool && byAlgorithm == algorithms && used["sha256d"] != nil
      }
      #expect(try await page.figure("miners") == "200")
      try await eventually("the chart is drawn, and says its newest values in words") {
        let label = try await page.evaluate("document.querySelector('figure.chart svg').getAttribute('aria-label')")
        let lines = try await page.evaluate("document.querySelectorAll('figure.chart polyline').length").int ?? 0
        return label.string?.contains("Newest: alpha ") == true && lines >= 2
      }
      #expect(try await page.text("#health-text") == "Healthy")
    }

    /// From the order on: within two seconds everybody is somewhere else, here and at the API.
    private func routing(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/pools")
      try await eventually("groups and pools are shown") {
        let groups = try await page.rows("Groups of miners").count
        return try await page.rows("Pools").contains { $0[0] == "alpha" } && groups >= 3
      }
      let scores = try await system.server.api.get("/api/orchestrator/scores").json
      #expect(try await page.figure("policy") == "farm")
      #expect(try await page.figure("mode") == "optimize profit")
      let text = try await page.text("section[aria-label=\"Groups of miners\"]")
      for decision in scores["decisions"].array {
        #expect(text.contains(decision["group"].string ?? "-"))
      }
      for target in ["beta", "alpha"] {
        let before = try await page.rows("Pools").first { $0[0] == target }?[4]
        #expect(before != "200", "nobody would move")
        let ordered = ContinuousClock.now
        let answer = try await system.server.api.post("/api/move", "{\"to\":\"\(target)\"}")
        #expect(answer.status == 200 && answer.json["refused"].int == 0, "\(answer.text)")
        try await eventually("the move to \(target) shows", within: .seconds(2), detail: { await shown(page) }) {
          try await page.rows("Pools").first { $0[0] == target }?[4] == "200"
        }
        print("dashboard: a move of 200 miners showed \(seconds(since: ordered)) s after the order")
        let pools = try await system.server.api.get("/api/pools").json["pools"].array
        #expect(pools.first { $0["name"].string == target }?["miners"].int == 200)
      }
      let released = try await system.server.api.post("/api/move", "{\"to\":\"auto\"}")
      #expect(released.status == 200, "\(released.text)")
    }

    private func profitability(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/profitability")
      try await eventually("revenue equals the API's") {
        let value = try await system.server.api.get("/api/profitability").json
        let rows = try await page.rows("Pools")
        let wanted = value["pools"].array.filter { $0["algorithm"].string == "sha256d" }.compactMap {
          $0["name"].string
        }
        let prices = try await page.rows("Prices").map { [$0[0], $0[1]] }
        return rows.map { $0[0] } == wanted && wanted.count == 3 && rows.allSatisfy { $0[2].hasSuffix("USD") }
          && prices == [["BTC", "90,000 USD"], ["ZION", "0.01 USD"]]
      }
      let rows = try await page.rows("Pools")
      #expect(rows.first { $0[0] == "alpha" }?[3] == "1.00 %")
      #expect(rows.first { $0[0] == "beta" }?[3] == "2.00 %")
      try await eventually("revenue over time is drawn") {
        try await page.evaluate("document.querySelectorAll('figure.chart polyline').length").int == 3
      }
    }

    private func workers(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/workers")
      try await eventually("a page of workers is shown") { try await page.rows("Connected workers").count == 50 }
      #expect(try await page.figure("workers") == "200")
      #expect(try await page.text(".tools + .quiet, .card-body.tools .quiet") == "1 to 50 of 200")
      // Sorted by accepted shares, up: the least first.
      let counts = try await system.server.api.get("/api/miners?limit=1000").json["sessions"].array.compactMap {
        $0["accepted"].int
      }
      for direction in ["descending", "ascending"] {
        try await page.evaluate(
          "[...document.querySelectorAll('th button')].find((b) => b.innerText === 'Accepted').click()")
        let first = direction == "descending" ? counts.max() : counts.min()
        try await eventually("sorted \(direction)") {
          let sort = try await page.evaluate("document.querySelector('th[aria-sort]').getAttribute('aria-sort')").string
          return try await page.rows("Connected workers").first?[6] == grouped(first) && sort == direction
        }
      }
      try await search(page, "RIG137")
      try await eventually("the search finds one") {
        let rows = try await page.rows("Connected workers")
        return rows.count == 1 && rows[0][0] == "rig137"
      }
      let session = try await system.server.api.get("/api/miners?limit=1000").json["sessions"].array
        .first { $0["worker"].string == "rig137" }
      let row = try await page.rows("Connected workers")[0]
      #expect(row[3] == session?["pool"].string && row[6] == grouped(session?["accepted"].int))
      try await search(page, "nobody is called so")
      try await eventually("the search finds none") { try await page.rows("Connected workers").isEmpty }
    }

    private func blocks(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/blocks")
      try await eventually("blocks equal the API's") {
        let blocks = try await system.server.api.get("/api/blocks").json["blocks"].array
        let rows = try await page.rows("Blocks")
        let found = try await page.figure("found")
        return !blocks.isEmpty && rows.map { $0[0] } == blocks.prefix(50).map { grouped($0["height"].int) }
          && found == grouped(blocks.count)
      }
    }

    private func miner(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      let account = DashboardSystem.account(0)
      try await page.open(system.base + "/miner/\(account)")
      try await eventually("a miner's page equals the API's") {
        let miner = try await system.server.api.get("/api/miner/\(account)").json
        let live = try await page.rows("Connected now")
        let stored = try await page.rows("Workers")
        let (shares, hashrate) = (try await page.figure("shares"), try await page.figure("hashrate"))
        return shares == grouped(miner["shares"].int) && miner["shares"].int ?? 0 > 0
          && hashrate == miner["hashrateText"].string && live.map { $0[0] } == ["rig0"]
          && stored.map { $0[0] } == ["rig0"]
          && stored[0][1] == grouped(miner["workers"][0]["shares"].int)
      }
      let connect = try await page.text("section[aria-label=\"How to connect\"]")
      #expect(
        connect.contains("stratum+tcp://127.0.0.1:\(system.server.port)") && connect.contains("\(account).worker"))
    }

    private func others(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/consciousness")
      let isServed = try await system.server.api.get("/api/consciousness/levels").status == 200
      try await eventually("levels, or that there are none here") {
        isServed
          ? try await page.rows("Levels").count == 9
          : try await page.text("main").contains("Levels: not available here.")
      }
      try await page.open(system.base + "/health")
      try await eventually("every part is listed") {
        let health = try await system.server.api.get("/api/health").json
        let state = try await page.figure("state")
        return try await page.rows("Parts").count == health["parts"].array.count
          && state == (health["healthy"].bool == true ? "Healthy" : "Not healthy")
      }
    }

    /// From page to page without a mouse: the skip link comes first, and a link takes the focus to the new page.
    private func keyboard(_ page: BrowserPage, _ system: DashboardSystem) async throws {
      try await page.open(system.base + "/")
      try await page.press("Tab")
      #expect(try await page.evaluate("document.activeElement.className").string == "skip")
      for _ in 0..<3 { try await page.press("Tab") }
      #expect(try await page.evaluate("document.activeElement.innerText").string == "Pools & routing")
      try await page.press("Enter")
      try await eventually("the page is another one") {
        let focus = try await page.evaluate("document.activeElement.tagName").string
        return try await page.evaluate("location.pathname").string == "/pools" && focus == "H1"
      }
      #expect(try await page.evaluate("document.title").string == "Pools & routing · ZION proxy")
      // The switch of colours is remembered.
      try await page.evaluate("document.getElementById('theme').click()")
      try await page.evaluate("document.getElementById('theme').click()")
      try await page.open(system.base + "/health")
      #expect(try await page.evaluate("document.documentElement.dataset.theme").string == "dark")
    }

    private func search(_ page: BrowserPage, _ text: String) async throws {
      try await page.evaluate(
        """
        (() => { const field = document.querySelector('input[type=search]'); field.value = \(try BrowserPage.quoted(text));
          field.dispatchEvent(new Event('input')); })()
        """)
    }

    private func shown(_ page: BrowserPage) async -> String { (try? await "\(page.rows("Pools"))") ?? "" }

    /// `1,234`, as the pages write counts.
    private func grouped(_ number: Int?) -> String {
      guard let number else { return "—" }
      var digits = String(number)
      var parts: [String] = []
      while digits.count > 3 {
        parts.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
      }
      return ([digits] + parts).joined(separator: ",")
    }
  }
}
