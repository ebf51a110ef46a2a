import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// Texts that strangers chose, and more workers than fit on a screen.
  @Suite struct DashboardStrangersTests {
    static let names = [
      "<script>hacked=1</script>", "<img src=x onerror=hacked=1>", "\" onmouseover=\"hacked=1",
      "'};hacked=1;//", "\u{202E}gnp.exe", "zero\u{200B}width\u{FEFF}", "שלום עולם", "\u{0}\u{7}\u{1B}[31mred",
      "javascript:hacked=1", String(repeating: "long", count: 2_500),
    ]

    @Test(.timeLimit(.minutes(4)))
    func `a miner that calls itself a script is a line of text, over the real login and from a forged API`()
      async throws
    {
      let folder = try TemporaryFolder("strangers")
      try await EndToEnd.withLoops(2) { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        // A pure proxy takes any account that a miner gives.
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002")
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(alpha.port)\", user: farm, extranonce2: 2 }\n"
            + EndToEnd.noLocalPool)
        try await server.start()
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 1) { options, index in
          // What JSON can carry unescaped by the test's miner.
          options.user = ["<img src=x onerror=hacked=1>", "\u{202E}olleh"][index]
          options.userAgent = ["<script>hacked=1</script>", "agent\u{200B}\u{202E}x"][index]
        }
        try await miners.startAndWait()
        let browser = try await Browser.start(in: folder.folder("browser"), on: loops)
        let base = "http://127.0.0.1:\(server.api.port)"

        let page = try await browser.page()
        try await page.open(base + "/workers")
        try await eventually("both are listed", detail: { server.process.tail }) {
          let text = try await page.text("main")
          return text.contains("<script>hacked=1</script>") && text.contains("[U+202E]")
        }
        for path in ["/", "/pools", "/miner/" + "%3Cscript%3Ehacked=1%3C%2Fscript%3E"] {
          try await page.open(base + path)
          try await eventually("\(path) is drawn") { try await page.text("main").count > 80 }
          try await Self.expectHarmless(page)
        }

        let forged = try await browser.page(script: Self.forgery)
        try await forged.show(width: 360, height: 780)
        for path in ["/workers", "/", "/pools", "/blocks", "/health", "/profitability"] {
          try await forged.open(base + path)
          try await eventually("\(path) shows the names") {
            try await forged.text("main").contains("<script>hacked=1</script>")
          }
          try await Self.expectHarmless(forged)
        }
        try await forged.open(base + "/workers")
        try await eventually("what cannot be seen is shown by its number") {
          let text = try await forged.text("main")
          return ["[U+202E]gnp.exe", "zero[U+200B]width[U+FEFF]", "[U+0000][U+0007]"].allSatisfy(text.contains)
        }
        try await browser.stop()
        miners.stop()
        try await alpha.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    /// - Parameter isWhole: whether the API gives all of them in one answer; otherwise it is asked for pages of them.
    @Test(.timeLimit(.minutes(3)), arguments: [true, false])
    func `ten thousand workers are a page at a time, and still found and sorted`(isWhole: Bool) async throws {
      let folder = try TemporaryFolder("crowd")
      try await EndToEnd.withLoops(1) { loops in
        let server = try ZionServer("server", in: folder, settings: EndToEnd.embeddedPool())
        try await server.start()
        let browser = try await Browser.start(in: folder.folder("browser"), on: loops)
        let page = try await browser.page(script: Self.crowd(isWhole: isWhole))
        try await page.open("http://127.0.0.1:\(server.api.port)/workers")
        try await eventually("the first page") { try await page.rows("Connected workers").count == 50 }
        if isWhole { #expect(try await page.figure("workers") == "10,000") }
        #expect(try await page.rows("Connected workers")[0][0] == "rig9999")
        // Fewer elements than there are workers: what is not seen is not there.
        #expect(try await page.evaluate("document.querySelectorAll('*').length").int ?? .max < 3000)
        try await page.evaluate("[...document.querySelectorAll('button')].find((b) => b.innerText === 'Next').click()")
        try await eventually("the second page") {
          try await page.rows("Connected workers").first?[0] == "rig9949"
        }
        try await page.evaluate(
          """
          (() => { const field = document.querySelector('input[type=search]'); field.value = 'rig1234';
            field.dispatchEvent(new Event('input')); })()
          """)
        try await eventually("one of them is found") {
          try await page.rows("Connected workers").map { $0[0] } == ["rig1234"]
        }
        try await browser.stop()
        try await server.process.stop()
      }
    }

    /// No element, no style and no global that a name could have brought, names cut and isolated, nothing too wide.
    private static func expectHarmless(
      _ page: BrowserPage, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let found = try await page.evaluate(
        """
        ({ hacked: window.hacked ?? null, elements: document.querySelectorAll('main script, main img, main iframe').length,
          handlers: document.querySelectorAll('main [onerror], main [onmouseover], main [style*=url]').length,
          links: [...document.querySelectorAll('a')].filter((a) => !a.href.startsWith(location.origin + '/')).length,
          longest: Math.max(0, ...[...document.querySelectorAll('bdi')].map((b) => b.innerText.length)),
          titles: Math.max(0, ...[...document.querySelectorAll('[title]')].map((b) => b.title.length)),
          spill: document.documentElement.scrollWidth - innerWidth })
        """)
      let path = try await page.evaluate("location.pathname").string ?? ""
      #expect(found["hacked"].isNull, sourceLocation: sourceLocation)
      for key in ["elements", "handlers", "links"] {
        #expect(found[key].int == 0, "\(key) at \(path)", sourceLocation: sourceLocation)
      }
      #expect(found["longest"].int ?? .max <= 400, "\(path)", sourceLocation: sourceLocation)
      #expect(found["titles"].int ?? .max <= 3600, "\(path)", sourceLocation: sourceLocation)
      #expect(found["spill"].int ?? 1 <= 0, "\(path)", sourceLocation: sourceLocation)
    }

    /// In place of the API's answers: every text is one of the names.
    private static var forgery: String {
      get throws {
        let list = try names.map { try BrowserPage.quoted($0) }.joined(separator: ",")
        return """
          {
            const names = [\(list)];
            const real = window.fetch;
            // Every text that a stranger could choose becomes each of the names in turn.
            const told = { accepted: 1, rejected: Object.fromEntries(names.map((name) => [name, 1])) };
            const pools = names.map((name) => ({ name, kind: 'upstream', algorithm: 'sha256d', state: 'not ready', trouble: name,
              readySeconds: 1, miners: 1, connections: 1, hashrate: 1, hashrateText: '1.00 H/s', told, agreement: 0.5, alarm: true, blocks: 0 }));
            const decision = (name) => ({ at: 1, group: name, policy: name, from: name, to: name + '2', reason: name, expectedGain: 0.1,
              threshold: 0, scores: names.map((source) => ({ source, terms: [{ name: source, factor: 0.5 }], risk: 0, threshold: 0,
              exclusion: source })) });
            const answers = {
              '/api/miners': { total: names.length, sessions: names.map((name) => ({ account: name, worker: name, algorithm: 'sha256d',
                pool: name, difficulty: 1, hashrate: 1, hashrateText: '1.00 H/s', accepted: 1, rejected: 0, connectedSeconds: 1,
                lastShareSeconds: 1, userAgent: name })) },
              '/api/pools': { pools },
              '/api/blocks': { blocks: names.map((name, index) => ({ height: index, hash: name + index, algorithm: 'sha256d', source: name,
                account: name, worker: name, state: name, reason: name, reward: 1, foundAt: 1 })) },
              '/api/health': { healthy: false, parts: names.map((name) => ({ name, healthy: false, reason: name })) },
              '/api/stats': { about: { version: names[0], stratum: names[0], policy: names[0], network: names[0] }, uptimeSeconds: 1,
                miners: 1, hashrate: 1, hashrateText: '1.00 H/s', shares: { accepted: 1, rejected: names.length, rejectedByReason: told.rejected },
                blocks: { found: 0, latest: [] }, algorithms: { sha256d: { miners: 1, hashrate: 1, hashrateText: '1.00 H/s' } } },
              '/api/orchestrator/scores': { policy: names[0], mode: names[0], paused: false, decisions: names.map(decision) },
              '/api/orchestrator/decisions': { decisions: names.map((name, number) => ({ number, decision: decision(name), isOpen: true })) },
              '/api/profitability': { pools: names.map((name) => ({ name, pool: name, algorithm: 'sha256d', coin: name, fee: 0, scheme: name,
                tags: [], lastHour: {}, lastDay: {}, quality: {}, trouble: name })),
                prices: names.map((name) => ({ coin: name, currency: name, confidence: 0, trouble: name, feeds: [{ name, state: name }] })) },
            };
            window.fetch = (path, options) => {
              const answer = answers[String(path).split('?')[0]];
              return answer ? Promise.resolve(new Response(JSON.stringify(answer), { status: 200 })) : real(path, options);
            };
          }
          """
      }
    }

    private static func crowd(isWhole: Bool) -> String {
      """
      {
        const real = window.fetch;
        const sessions = Array.from({ length: 10000 }, (_, index) => ({ account: 'ZION_' + String(index % 300).padStart(40, '0'),
          worker: 'rig' + index, algorithm: 'sha256d', pool: 'zion', difficulty: 1, hashrate: index, hashrateText: index + ' H/s',
          accepted: index, rejected: 0, connectedSeconds: 100, lastShareSeconds: 1, userAgent: 'x' }));
        const answer = (value) => Promise.resolve(new Response(JSON.stringify(value)));
        // Fastest first, as the API has it.
        sessions.reverse();
        window.fetch = (path, options) => {
          const { pathname, searchParams } = new URL(path, location.href);
          if (pathname === '/api/miners') return answer({ total: sessions.length, sessions: \(isWhole) ? sessions : sessions.slice(0, 1000) });
          if (pathname !== '/api/workers') return real(path, options);
          const found = sessions.filter((one) => one.worker.includes(searchParams.get('search') ?? ''));
          const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('pageSize'))];
          return answer({ total: found.length, page, pageSize: size, pageCount: Math.ceil(found.length / size),
            workers: found.slice(page * size, (page + 1) * size) });
        };
      }
      """
    }
  }
}
