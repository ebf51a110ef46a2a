import API
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import Pool
@testable import zion

@Suite struct WorkersTests {
  /// A fleet whose miners have these worker names, each connected a second longer than the one after it.
  private static func fleet(_ names: [String]) -> FakeFleet {
    let fleet = FakeFleet()
    fleet.change { state in
      let first = state.snapshot.miners[0]
      state.snapshot.miners = names.enumerated().map { index, name in
        var miner = first
        miner.session = UInt64(index)
        miner.identity = MinerIdentity(account: "farm", worker: name)
        miner.connectedSeconds = Double(names.count - index)
        return miner
      }
    }
    return fleet
  }

  @Test func `all workers of a large farm are looked at, each once`() async throws {
    let names = (0..<2345).map { "rig\($0)" }
    let fleet = Self.fleet(names)
    try await fleet.serve(token: nil) { api in
      let found = try await FleetReader("http://127.0.0.1:\(api.port)").connections()
      #expect(found.total == 2345 && found.sessions.count == 2345)
      #expect(Set(found.sessions.map(\.worker)) == Set(names))
      let command = try WorkersCommand.parse(["--limit", "0"])
      let page = command.page(found, staleAfter: 600)
      #expect(page.workers.count == 2345 && page.looked == page.connections)
      #expect(command.lines(page).count == 2346)
      let few = try WorkersCommand.parse(["--limit", "1000"]).lines(page)
      #expect(few.count == 1002 && few.last == "… and 1345 more")
    }
  }

  @Test func `a farm of just as many as fit on a page ends there`() async throws {
    let fleet = Self.fleet((0..<500).map { "rig\($0)" })
    try await fleet.serve(token: nil) { api in
      let found = try await FleetReader("http://127.0.0.1:\(api.port)").connections()
      #expect(found.total == 500 && found.sessions.count == 500)
    }
  }

  /// What came of a line, with cells that end at commas outside quotes.
  private func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    for scalar in line.unicodeScalars {
      switch scalar {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].unicodeScalars.append(scalar)
      }
    }
    return cells
  }

  @Test(arguments: TerminalTextTests.hostile + ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\"a\",\"b\"\n,c"])
  func `a name of a miner is one cell of one line of CSV, and no formula`(_ name: String) async throws {
    try await Self.fleet([name]).serve(token: nil) { api in
      let found = try await FleetReader("http://127.0.0.1:\(api.port)").connections()
      let command = try WorkersCommand.parse(["--csv"])
      let lines = CSVRows.lines(command.rows(command.page(found, staleAfter: 600)))
      #expect(lines.count == 2)
      for line in lines {
        #expect(line.unicodeScalars.last == "\r")
        let isSafe = line.unicodeScalars.dropLast().allSatisfy { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
          default: true
          }
        }
        #expect(isSafe, "\(line)")
      }
      let (heading, row) = (cells(String(lines[0].dropLast())), cells(String(lines[1].dropLast())))
      #expect(heading.count == 12 && row.count == 12, "\(row)")
      #expect(heading[1] == "worker")
      #expect(!["=", "+", "-", "@"].contains(row[1].prefix(1)), "\(row[1])")
    }
  }

  @Test func `CSV is asked for alone`() {
    #expect(throws: (any Error).self) { try WorkersCommand.parse(["--csv", "--json"]) }
    #expect(throws: (any Error).self) { try WorkersCommand.parse(["--csv", "--watch", "5"]) }
    #expect(throws: (any Error).self) { try PayoutsCommand.parse(["--csv", "--json", "--config", "x"]) }
    #expect(throws: (any Error).self) { try PayoutsCommand.parse(["--limit", "-1", "--config", "x"]) }
  }

  @Test func `a payment is a line with its amount in coins and its time in UTC`() {
    let payment = Payment(
      address: "=A1", amount: AtomicUnits(12_345_678), state: "final", batch: "b", txid: nil,
      at: UnixTime(seconds: 1_760_000_000))
    #expect(
      CSVRows.lines([PayoutsCommand.row(payment, coin: .bitcoin)])
        == ["2025-10-09T08:53:20Z,'=A1,0.12345678,BTC,final,b,\r"])
  }
}
