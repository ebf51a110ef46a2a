import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Texts that strangers chose, where no browser takes care of them: in the log, in CSV, in metrics and on a terminal.
  @Suite struct StrangersTests {
    /// As a line of JSON carries them. No `.`, behind which a worker's name is.
    private static let names = [
      #"<script>hacked=1</script>"#, #"\" onmouseover=\"hacked=1"#, #"=cmd|' /C calc'!A0"#, #"a,b"#, #"\u202Egnp"#,
      #"zero\u200Bwidth\uFEFF"#, #"line\u2028separator"#, #"שלום"#,
    ]
    /// Of these no miner is let in.
    private static let refused = [
      #"a\r\nc"#, #"\u0000\u0007\u001B[31mred"#,
      #"x\n2026-11-28T10:00:00+0000 error zion: forged=1 [zion] all coins are gone"#,
    ]

    @Test(.timeLimit(.minutes(3)))
    func `attack 12, worker-name injection: names break no line of the log, no CSV, no metric and no terminal`()
      async throws
    {
      let folder = try TemporaryFolder("strangers-text")
      try await EndToEnd.withLoops(2) { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002")
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(alpha.port)\", user: farm, extranonce2: 2 }\n"
            + EndToEnd.noLocalPool, logLevel: "debug")
        try await server.start()
        let miners = EndToEnd.miners(Self.names.count, at: server.port, on: loops, sharesPerSecond: 1) {
          options, index in
          options.user = Self.names[index]
          options.userAgent = Self.names[index]
        }
        try await miners.startAndWait()
        let message = #"hello\n2026-11-28T10:00:00+0000 error zion: forged=2 [zion] \u202E\u0000\u001B[31m"#
        alpha.sendRaw(#"{"id":null,"method":"client.show_message","params":["\#(message)"]}"# + "\n")
        try await eventually("the pool's words are in the log", detail: { server.process.tail }) {
          server.process.output.contains("upstream says")
        }

        let csv = try await CommandOutcome.of(
          ["workers", "--csv", "--api", "http://127.0.0.1:\(server.api.port)"], in: server.folder)
        #expect(csv.status == 0)
        let rows = csv.output.components(separatedBy: "\r\n")
        #expect(rows.count == Self.names.count + 2 && rows.last == "", "\(csv.output)")
        #expect(rows.contains { $0.hasPrefix("'=cmd|' /C calc'!A0,") }, "\(csv.output)")
        #expect(rows.contains { $0.hasPrefix(#"""" onmouseover=""hacked=1","#) }, "\(csv.output)")
        #expect(rows.contains { $0.hasPrefix(#""a,b","#) }, "\(csv.output)")
        #expect(rows.contains { $0.hasPrefix(#"line\u{2028}separator,"#) }, "\(csv.output)")
        Self.expectPrintable(csv.output.replacing("\r\n", with: "\n"), "CSV")
        let table = try await CommandOutcome.of(
          ["workers", "--api", "http://127.0.0.1:\(server.api.port)"], in: server.folder)
        #expect(table.output.split(separator: "\n").count == Self.names.count + 1, "\(table.output)")
        Self.expectPrintable(table.output, "terminal")
        let metrics = try await server.api.get("/metrics").text
        #expect(!metrics.contains("hacked") && !metrics.contains("forged"))

        // Nonsense on their lines: each is closed, with its name in the log. At once, for whoever is slowed down after
        // four lines is read no further.
        let nonsense = Array(repeating: "nonsense", count: 8).joined(separator: "\n")
        for miner in miners { miner.send(nonsense) }
        try await eventually("all are closed", detail: { server.process.tail }) {
          server.process.output.components(separatedBy: "closing a miner's connection").count > Self.names.count
        }
        for name in Self.refused {
          let stranger = try await RawConnection(port: server.port, on: loops)
          stranger.send(line: #"{"id":1,"method":"mining.subscribe","params":["\#(name)"]}"#)
          stranger.send(line: #"{"id":2,"method":"mining.authorize","params":["\#(name)","x"]}"#)
          try await eventually("\(name) is refused") {
            stranger.lines.contains { $0.contains("Control characters are not allowed") }
          }
          stranger.close()
        }
        // Ten kilobytes are more than a name may have.
        let long = try await RawConnection(port: server.port, on: loops)
        long.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        let name = String(repeating: "long", count: 2_560)
        long.send(line: #"{"id":2,"method":"mining.authorize","params":["\#(name)","x"]}"#)
        try await eventually("it is refused") { long.isClosed }
        miners.stop()
        try await alpha.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")

        let log = server.process.output
        Self.expectPrintable(log, "log")
        // Before the first message there is what tells the operator where everything is.
        for line in log.split(separator: "\n") where !line.hasPrefix("  ") && !line.hasPrefix("ZION proxy ") {
          #expect(line.utf8.count < 4096)
          #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT[0-9:]{8}[+-]\d{4} [a-z]+ zion: .*/) != nil, "\(line)")
          #expect(!line.hasPrefix("2026-11-28T10:00:00+0000 error"), "\(line)")
        }
        #expect(log.contains(#"\u{202E}gnp"#) && log.contains(#"line\u{2028}separator"#))
        let forged = log.split(separator: "\n").filter { $0.contains("forged=2") }
        #expect(
          !forged.isEmpty && forged.allSatisfy { $0.contains("message=hello") && $0.contains(#"\u{202E}"#) },
          "\(forged)")
      }
    }

    /// Nothing but lines of what can be seen.
    private static func expectPrintable(
      _ text: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let hidden = text.unicodeScalars.filter { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
          scalar != "\n"
        default: false
        }
      }
      #expect(
        hidden.isEmpty, "\(what): \(hidden.prefix(10).map { String($0.value, radix: 16) })",
        sourceLocation: sourceLocation)
    }
  }
}
