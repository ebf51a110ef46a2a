import Testing

@testable import zion

@Suite struct TerminalTextTests {
  static let hostile: [String] = [
    "<script>alert(1)</script>", "rig\u{1b}[2J\u{1b}[31m", "a\u{202E}b\u{2066}c", "z\u{200B}\u{200D}\u{FEFF}w",
    "e" + String(repeating: "\u{301}", count: 500), "\u{301}\u{302}alone", "漢字カナ한글", "👩‍👩‍👧 🇨🇿 ❤️",
    String(repeating: "x", count: 10_000), "nul\0bell\u{7}tab\tline\nreturn\r", "\u{2028}\u{2029}\u{3164}\u{115F}",
    "עברית العربية", "", "\u{E000}\u{10FFFF}",
  ]

  @Test(arguments: hostile) func `a name of a miner cannot steer the terminal`(_ name: String) {
    let shown = TerminalText.printable(name)
    let isSafe = shown.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
      default: true
      }
    }
    #expect(isSafe, "\(shown.unicodeScalars.map { String($0.value, radix: 16) })")
    // Shown again it is the same.
    #expect(TerminalText.printable(shown) == shown)
  }

  @Test(arguments: hostile) func `a name of a miner fits its column exactly`(_ name: String) {
    for columns in [0, 1, 2, 3, 7, 20, 80] {
      let cell = TerminalText.fit(TerminalText.printable(name), to: columns)
      #expect(TerminalText.width(cell) == columns, "“\(cell.prefix(40))” in \(columns)")
    }
  }

  @Test(arguments: hostile) func `a name of a miner is one harmless line of the log`(_ name: String) {
    let line = LogLines.line("2026-11-28T10:00:00+0000 info zion: finder=\(name) [zion] a block\n")
    #expect(line.utf8.count <= LogLines.byteLimit)
    #expect(line.unicodeScalars.filter { $0 == "\n" }.count == 1 && line.hasSuffix("\n"))
    let isSafe = line.unicodeScalars.dropLast().allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
      default: true
      }
    }
    #expect(isSafe, "\(line.unicodeScalars.map { String($0.value, radix: 16) })")
  }

  @Test func `the log shows what is hidden by its number, cuts what is long, and keeps the rest`() {
    #expect(LogLines.line("plain, “quoted” and 漢字\n") == "plain, “quoted” and 漢字\n")
    #expect(LogLines.line("a\n2026 error forged\r\n\n") == "a\\n2026 error forged\\u{D}\\n\n")
    #expect(LogLines.line("\u{1b}[31m\u{202E}x\0") == "\\u{1B}[31m\\u{202E}x\\u{0}\n")
    #expect(LogLines.line("e\u{301}\u{302}\u{303}") == "e\u{301}\u{302}\\u{303}\n")
    let long = LogLines.line(String(repeating: "漢", count: 5_000))
    #expect(long.hasSuffix("漢… (cut)\n") && (LogLines.byteLimit - 2...LogLines.byteLimit).contains(long.utf8.count))
    let exact = String(repeating: "x", count: LogLines.byteLimit - 1)
    #expect(LogLines.line(exact + "\n") == exact + "\n")
    #expect(LogLines.line(exact + "x\n").hasSuffix("x… (cut)\n"))
  }

  @Test func `wide letters take two columns, marks none`() {
    #expect(TerminalText.width("abc") == 3)
    #expect(TerminalText.width("漢字") == 4)
    #expect(TerminalText.width("한글") == 4)
    #expect(TerminalText.width("ｆｕ") == 4)
    #expect(TerminalText.width("e\u{301}") == 1)
    #expect(TerminalText.width("🦀") == 2)
    #expect(TerminalText.width("…–▁") == 3)
  }

  @Test func `what is hidden is shown as a question mark, and letters keep two marks at most`() {
    #expect(TerminalText.printable("a\u{202E}b") == "a?b")
    #expect(TerminalText.printable("a\u{200B}b\0\u{1b}[m") == "a?b??[m")
    #expect(TerminalText.printable("<script>") == "<script>")
    #expect(TerminalText.printable("e\u{301}\u{302}\u{303}") == "e\u{301}\u{302}")
    #expect(TerminalText.printable("\u{301}a") == "?a")
    #expect(TerminalText.cut("漢字漢字", to: 6) == "漢字…")
    #expect(TerminalText.cut("漢字漢字", to: 5) == "漢字…")
    #expect(TerminalText.cut("漢字漢字", to: 4) == "漢…")
  }

  @Test func `the columns of a table stand under each other whatever names are in it`() {
    let table = Table(["name", ">shares", "pool"], Self.hostile.map { [$0, "12", "alpha"] })
    let starts = table.lines.dropFirst().map { line in
      line.firstRange(of: "alpha").map { TerminalText.width(line[..<$0.lowerBound]) }
    }
    #expect(starts.count == Self.hostile.count)
    #expect(Set(starts).count == 1, "\(starts)")
    #expect(table.lines.allSatisfy { TerminalText.width($0) <= Table.cellColumns + 20 })
  }
}
