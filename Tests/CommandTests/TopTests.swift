import API
import Foundation
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import zion

@Suite struct TopTests {
  /// What a fleet says whose miners have these worker names.
  private func reading(_ names: [String]) async throws -> FleetReading {
    let fleet = FakeFleet()
    fleet.change { state in
      let first = state.snapshot.miners[0]
      state.snapshot.miners = names.enumerated().map { index, name in
        var miner = first
        miner.session = UInt64(index)
        miner.identity = MinerIdentity(account: "farm", worker: name)
        miner.hashrate = Hashrate(Double(index + 1) * 1e12)
        miner.accepted = 1000 - index
        return miner
      }
    }
    let (box, found) = AsyncStream.makeStream(of: FleetReading.self)
    try await fleet.serve(token: nil) { api in
      found.yield(try await FleetReader("http://127.0.0.1:\(api.port)").everything())
    }
    for await reading in box { return reading }
    throw FakeFleet.Failing()
  }

  @Test func `the screen has the terminal's size, whatever it is and whatever miners are called`() async throws {
    let reading = try await reading(TerminalTextTests.hostile.filter { !$0.isEmpty })
    for columns in [1, 20, 40, 80, 132, 300] {
      for rows in [1, 2, 5, 10, 24, 60, 200] {
        var state = TopState(api: "here", size: TerminalSize(columns: columns, rows: rows))
        _ = state.handle(.reading(.success(reading)))
        let lines = TopScreen(state).lines
        #expect(lines.count == rows, "\(columns) × \(rows)")
        #expect(lines.allSatisfy { TerminalText.width($0) == columns }, "\(columns) × \(rows)")
        #expect(lines.allSatisfy { !$0.unicodeScalars.contains("\u{1b}") && !$0.unicodeScalars.contains("\u{202E}") })
      }
    }
  }

  @Test func `it shows hashrate, pools, workers, and the keys`() async throws {
    var state = TopState(api: "here", size: TerminalSize(columns: 120, rows: 30))
    #expect(TopScreen(state).lines[0].hasPrefix("asking here …"))
    _ = state.handle(.reading(.success(try await reading(["a", "b", "c"]))))
    let lines = TopScreen(state).lines
    #expect(lines[0].hasPrefix("zion test at 0.0.0.0:3333, up 1 m 30 s, policy default"))
    #expect(lines.contains { $0.hasPrefix("1.50 TH/s  3 miners  shares 100 accepted, 4 rejected  2 blocks  █") })
    #expect(lines.contains { $0.hasPrefix("alpha  upstream  sha256d    ready") })
    #expect(lines.contains { $0.hasPrefix("! zion: the journal cannot be written") })
    #expect(lines.last?.hasPrefix("q quit  s sort (hashrate)  r reverse") == true)
    #expect(order(in: lines) == ["farm.c", "farm.b", "farm.a"])
  }

  @Test func `a farm that does not fit into one answer is said to be cut`() async throws {
    let names = (0..<1001).map { "rig\($0)" }
    var state = TopState(api: "here", size: TerminalSize(columns: 120, rows: 30))
    _ = state.handle(.reading(.success(try await reading(names))))
    #expect(
      TopScreen(state).lines.contains {
        $0.hasPrefix("showing the 1000 fastest of 1001 connections; zion workers shows all")
      })
    _ = state.handle(.reading(.success(try await reading(Array(names.dropLast())))))
    #expect(!TopScreen(state).lines.contains { $0.hasPrefix("showing") })
  }

  private func order(in lines: [String]) -> [String] {
    lines.flatMap { $0.split(separator: " ").filter { $0.hasPrefix("farm.") }.map(String.init) }
  }

  @Test func `keys sort, reverse, scroll, pause and end`() async throws {
    var state = TopState(api: "here", size: TerminalSize(columns: 120, rows: 30))
    _ = state.handle(.reading(.success(try await reading(["a", "b", "c"]))))
    #expect(state.handle(.key(.nextOrder)) == .draw)
    #expect(state.order == .name)
    #expect(order(in: TopScreen(state).lines) == ["farm.a", "farm.b", "farm.c"])
    _ = state.handle(.key(.reverse))
    #expect(order(in: TopScreen(state).lines) == ["farm.c", "farm.b", "farm.a"])
    for _ in 0..<9 { _ = state.handle(.key(.down)) }
    #expect(order(in: TopScreen(state).lines) == ["farm.a"])
    _ = state.handle(.key(.pageUp))
    #expect(order(in: TopScreen(state).lines).count == 3)
    _ = state.handle(.key(.pause))
    _ = state.handle(.reading(.success(try await reading(["d"]))))
    #expect(order(in: TopScreen(state).lines) == ["farm.c", "farm.b", "farm.a"])
    #expect(TopScreen(state).lines[0].contains("[paused]"))
    #expect(state.handle(.key(.quit)) == .end)
  }

  @Test func `a server that is away is said, and what is known stays`() async throws {
    var state = TopState(api: "here", size: TerminalSize(columns: 120, rows: 30))
    _ = state.handle(.reading(.success(try await reading(["a"]))))
    _ = state.handle(.reading(.failure(APIClient.Failure(description: "no answer from here"))))
    let lines = TopScreen(state).lines
    #expect(lines.contains { $0.hasPrefix("! no answer from here") })
    #expect(order(in: lines) == ["farm.a"])
  }

  @Test func `keys come in whatever pieces the terminal sends`() {
    var reader = KeyReader()
    #expect(
      reader.read(Array("qsrjkgp b".utf8)) == [
        .quit, .nextOrder, .reverse, .down, .up, .top, .pause, .pageDown, .pageUp,
      ])
    #expect(reader.read([3]) == [.quit])
    #expect(
      reader.read(Array("\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[6~\u{1b}[H".utf8)) == [.up, .down, .pageUp, .pageDown, .top])
    #expect(reader.read([27]).isEmpty && reader.read([91]).isEmpty && reader.read([65]) == [.up])
    #expect(reader.read(Array("\u{1b}q".utf8)) == [.quit])
    #expect(reader.read(Array("\u{1b}[1;5Zxyz".utf8)).isEmpty)
    #expect(reader.read(Array("s".utf8)) == [.nextOrder])
  }

  @Test func `on a real terminal it draws, follows the window's size, and leaves everything as it was`() async throws {
    let fleet = FakeFleet()
    try await fleet.serve(token: nil) { api in
      let terminal = try PseudoTerminal(
        try ServerProcess.zion(), ["top", "--every", "0.2", "--api", "http://127.0.0.1:\(api.port)"], columns: 100,
        rows: 30)
      try await eventually("the first screen", detail: { terminal.output }) {
        terminal.output.contains("1.50 TH/s") && terminal.output.contains("q quit")
      }
      #expect(!terminal.isCooked)
      #expect(terminal.output.hasPrefix("\u{1b}[?1049h\u{1b}[?25l"))
      // The only escapes are the program's own: the miner's never arrived.
      #expect(!terminal.output.contains("\u{1b}[31m"))
      terminal.resize(columns: 40, rows: 8)
      try await eventually("a screen of 40 columns", detail: { terminal.output }) {
        let last = terminal.output.components(separatedBy: "\u{1b}[H").last(where: { $0.hasSuffix("\u{1b}[J") }) ?? ""
        return last.components(separatedBy: "\r\n").count == 8
      }
      terminal.type("q")
      try await eventually("its end") { !terminal.isRunning }
      #expect(terminal.exitCode == 0)
      #expect(terminal.output.hasSuffix("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"))
      #expect(terminal.isCooked)
    }
  }

  @Test func `without a terminal it says so`() async throws {
    let folder = try TemporaryFolder("top")
    let process = try ServerProcess("top", in: folder.url, arguments: ["top"])
    try process.start()
    #expect(try await process.end() == .status(1))
    #expect(process.output.hasPrefix("zion top: standard input and output are no terminal; zion status"))
  }
}
