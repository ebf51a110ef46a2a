import Orchestrator
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Proxy

/// What becomes of connections whose peers break the rules, and that nobody else notices.
@Suite struct GateTests {
  /// A gate that remembers what it is told, and refuses whom the test says.
  final class Notebook: Gate {
    struct Entries: Sendable {
      var refused: [NetworkAddress: String] = [:]
      var refusedNames: [String: String] = [:]
      var edition = 0
      var praised: [String] = []
      var noted: [Violation] = []
      var disconnected: [(name: String?, evidence: [ViolationTally])] = []
    }

    let entries = Mutex(Entries())

    var edition: Int { entries.withLock { $0.edition } }
    func refusal(of address: NetworkAddress) -> String? { entries.withLock { $0.refused[address] } }
    func refusal(of name: String, at address: NetworkAddress) -> String? { entries.withLock { $0.refusedNames[name] } }
    func accepted(_ name: String, from address: NetworkAddress) { entries.withLock { $0.praised.append(name) } }
    func note(_ violation: Violation, from address: NetworkAddress, name: String?) {
      entries.withLock { $0.noted.append(violation) }
    }
    func disconnected(_ name: String?, from address: NetworkAddress, for evidence: [ViolationTally]) {
      entries.withLock { $0.disconnected.append((name, evidence)) }
    }

    func ban(_ address: String) throws {
      let address = try #require(NetworkAddress(address))
      entries.withLock {
        $0.refused[address] = "until tomorrow, for: tests"
        $0.edition += 1
      }
    }
  }

  private let notebook = Notebook()

  private func farm(_ adapt: (inout ShardConfiguration) -> Void = { _ in }) -> ModelFarm {
    let farm = ModelFarm([.init(name: "up")], gate: notebook, adapt)
    farm.connectSources()
    return farm
  }

  @Test func `a banned address is told why and closed, before it says anything`() throws {
    let farm = farm()
    try notebook.ban("192.0.2.7")
    let miner = farm.connect(from: "192.0.2.7")
    #expect(!miner.isOpen)
    #expect(miner.shown == ["Disconnecting: banned: until tomorrow, for: tests"])
    #expect(farm.connect(from: "192.0.2.8").isOpen)
    #expect(farm.shard.connectionCounts.refused == 1)
    farm.stop()
  }

  @Test func `a ban closes who is connected within a second, and nobody else`() throws {
    let farm = farm()
    let (bad, good) = (farm.connect(from: "192.0.2.7"), farm.connect(from: "192.0.2.8"))
    try notebook.ban("192.0.2.7")
    farm.wait(1)
    #expect(!bad.isOpen && good.isOpen)
    farm.stop()
  }

  @Test func `a name that is banned at an address is refused, and its neighbour there is not`() {
    let farm = farm()
    notebook.entries.withLock { $0.refusedNames["acct.bad"] = "until tomorrow, for: tests" }
    let bad = farm.connect(user: "acct.bad")
    #expect(!bad.isAuthorized)
    #expect(farm.connect(user: "acct.good").isAuthorized)
    farm.stop()
  }

  @Test func `wrong shares are forgiven at first, then warned of, slowed, and the end of the connection`() throws {
    let farm = farm()
    let (bad, good) = (farm.connect(from: "192.0.2.7"), farm.connect(from: "192.0.2.7"))
    var sent = 0
    while bad.isOpen, sent < 100 {
      bad.submitWrong()
      farm.settle()
      sent += 1
      if bad.socket.isPaused { farm.wait(Int64(Shard.slowSeconds)) }
    }
    // Ten of grace, ten of ten points; the 30 s of the pause take a little off.
    #expect((20...22).contains(sent))
    #expect(bad.shown.count == 3)
    #expect(bad.shown.first?.hasPrefix("Warning: 5 × invalid share") == true)
    #expect(bad.shown.dropFirst().first?.hasPrefix("Slowed down: not read for 30 s, 8 × invalid share") == true)
    #expect(bad.shown.last?.hasPrefix("Disconnecting: too much that breaks the rules") == true)
    let told = notebook.entries.withLock { $0.disconnected }
    #expect(told.map(\.name) == ["acct.rig"])
    #expect(told.first?.evidence.first?.violation == .invalidShare)
    #expect(good.isOpen)
    farm.stop()
  }

  @Test func `malformed lines that come one by one are not read for a while after the fourth, and end with the fifth`()
  {
    let farm = farm()
    let miner = farm.connect(from: "192.0.2.7")
    for _ in 0..<4 { miner.socket.send("nonsense") }
    farm.settle()
    #expect(miner.socket.isPaused && miner.isOpen)
    #expect(miner.shown.last == "Slowed down: not read for 30 s, 4 × malformed line")
    farm.wait(Int64(Shard.slowSeconds))
    #expect(!miner.socket.isPaused && miner.isOpen)
    miner.socket.send("nonsense")
    farm.settle()
    #expect(!miner.isOpen)
    #expect(miner.shown.last == "Disconnecting: 5 malformed lines in a row")
    farm.stop()
  }

  @Test func `whoever speaks out of turn is disconnected after five times`() {
    let farm = farm()
    let socket = ModelSocket(farm.shard.makeConnection(), loop: farm.loop, address: "192.0.2.7")
    var sent = 0
    while socket.isOpen, sent < 20 {
      socket.send(#"{"id":7,"method":"mining.submit","params":["a","1","00000000","00000000","00000000"]}"#)
      farm.settle()
      sent += 1
    }
    #expect((5...6).contains(sent))
    #expect(notebook.entries.withLock { $0.disconnected.count } == 1)
    farm.stop()
  }

  @Test func `a connection that ends without a share is noted once, one that we end is not`() {
    let farm = farm()
    farm.connect(from: "192.0.2.7").socket.close()
    farm.settle()
    #expect(notebook.entries.withLock { $0.noted } == [.fruitlessConnection])
    _ = farm.connect(from: "192.0.2.8")
    farm.stop()
    #expect(notebook.entries.withLock { $0.noted } == [.fruitlessConnection])
  }

  @Test func `a full proxy gives the place of one that says nothing, never that of a miner that mines`() {
    let farm = farm { $0.maximumConnections = 2 }
    let miner = farm.connect(from: "192.0.2.1")
    farm.mine(miner)
    let silent = ModelSocket(farm.shard.makeConnection(), loop: farm.loop, address: "192.0.2.2")
    let early = farm.connect(from: "192.0.2.3")
    #expect(!early.isOpen, "nobody is silent for long yet")
    farm.wait(6)
    let late = farm.connect(from: "192.0.2.4")
    #expect(late.isOpen && miner.isOpen && !silent.isOpen)
    farm.stop()
  }

  @Test func `whoever never has a share accepted is closed after an hour`() {
    let farm = farm()
    let (idle, miner) = (farm.connect(from: "192.0.2.1"), farm.connect(from: "192.0.2.2"))
    farm.mine(miner)
    farm.wait(3602)
    #expect(!idle.isOpen && miner.isOpen)
    farm.stop()
  }

  @Test func `the gate hears once a minute that somebody mines well`() {
    let farm = farm()
    let miner = farm.connect()
    farm.mine(miner)
    farm.mine(miner)
    #expect(notebook.entries.withLock { $0.praised } == ["acct.rig"])
    farm.wait(61)
    farm.mine(miner)
    #expect(notebook.entries.withLock { $0.praised.count } == 2)
    farm.stop()
  }
}
