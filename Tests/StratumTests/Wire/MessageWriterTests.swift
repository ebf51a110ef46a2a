import Stratum
import TestSupport
import Testing

struct MessageWriterTests {
  private func line(_ write: (inout [UInt8]) -> Void) -> String {
    var out: [UInt8] = []
    write(&out)
    return String(decoding: out, as: UTF8.self)
  }

  private let seat = Seat(
    feed: FeedID(0), slot: 0, extranonce1: Extranonce([8, 0, 0, 2]) ?? .empty, extranonce2ByteCount: 4)

  @Test func `replies read as the field writes them`() {
    let id = RequestID(6)
    #expect(line { MessageWriter.accepted(id, into: &$0) } == #"{"id":6,"result":true,"error":null}"# + "\n")
    #expect(
      line { MessageWriter.rejected(id, code: 21, message: "Stale share", into: &$0) }
        == #"{"id":6,"result":null,"error":[21,"Stale share",null]}"# + "\n")
    #expect(
      line { MessageWriter.result(.null, false, into: &$0) } == #"{"id":null,"result":false,"error":null}"# + "\n")
    #expect(
      line { MessageWriter.unsupported(id, message: "Not supported.", into: &$0) }
        == #"{"id":6,"result":false,"error":[20,"Not supported.",null]}"# + "\n")
    #expect(
      line { MessageWriter.text(RequestID(rawJSON: #""a""#), "zion/1", into: &$0) }
        == #"{"id":"a","result":"zion/1","error":null}"# + "\n")
    #expect(line { MessageWriter.emptyList(id, into: &$0) } == #"{"id":6,"result":[],"error":null}"# + "\n")
    #expect(
      line { MessageWriter.subscribed(id, sessionID: "1a2b", seat, into: &$0) }
        == #"{"id":6,"result":[[["mining.set_difficulty","1a2b"],["mining.notify","1a2b"]],"08000002",4],"error":null}"#
        + "\n")
  }

  @Test func `every extension that was asked for is answered, and no other`() {
    let request = ExtensionRequest(
      versionRolling: .init(mask: .max, minimumBitCount: 2), minimumDifficulty: Difficulty(clamping: 8),
      subscribeExtranonce: true, others: ["in\"fo"])
    #expect(
      line { MessageWriter.configured(RequestID(1), request, mask: 0x1fff_e000, into: &$0) }
        == #"{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000","minimum-difficulty":true,"#
        + #""subscribe-extranonce":true,"in\"fo":false},"error":null}"# + "\n")
    #expect(
      line { MessageWriter.configured(RequestID(1), GoldenLines.rolling, mask: nil, into: &$0) }
        == #"{"id":1,"result":{"version-rolling":false},"error":null}"# + "\n")
    #expect(
      line { MessageWriter.configured(RequestID(1), ExtensionRequest(), mask: 1, into: &$0) }
        == #"{"id":1,"result":{},"error":null}"# + "\n")
  }

  @Test(arguments: [
    (1024.0, "1024"), (1, "1"), (0.5, "0.5"), (0.001, "0.001"), (1.5e-7, "0.00000015"), (12345.678, "12345.678"),
    (1e15, "1000000000000000"), (9_007_199_254_740_992, "9007199254740992"), (1e20, "100000000000000000000"),
    (1.25e22, "12500000000000000000000"), (1e-5, "0.00001"), (123.456e-8, "0.00000123456"), (100.25, "100.25"),
  ])
  func `a difficulty is written without exponent, whole ones without a point`(value: Double, text: String) {
    #expect(
      line { MessageWriter.setDifficulty(Difficulty(clamping: value), into: &$0) }
        == #"{"id":null,"method":"mining.set_difficulty","params":[\#(text)]}"# + "\n")
  }

  @Test func `every difficulty is read back as it was written`() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<2_000 {
      let difficulty = Difficulty(clamping: Double(bitPattern: random.next() & Int64.max.magnitude))
      guard difficulty.value.isFinite else { continue }
      #expect(try server { MessageWriter.setDifficulty(difficulty, into: &$0) } == .setDifficulty(difficulty))
    }
  }

  /// What the other side reads, the line feed taken off.
  private func server(_ write: (inout [UInt8]) -> Void) throws -> ServerMessage {
    var out: [UInt8] = []
    write(&out)
    #expect(out.last == 10)
    #expect(out.dropLast().allSatisfy { $0 >= 32 })
    return try ServerMessageParser.parse(out.dropLast())
  }

  private func client(_ write: (inout [UInt8]) -> Void) throws -> ClientLine {
    var out: [UInt8] = []
    write(&out)
    #expect(out.last == 10)
    #expect(out.dropLast().allSatisfy { $0 >= 32 })
    return try MessageParser.parse(out.dropLast())
  }

  @Test func `a job arrives as it was sent`() throws {
    var random = SeededRandom(seed: 2)
    for branches in [0, 1, 12, 32] {
      func hash() -> Hash256 {
        Hash256(number: UInt256(random.next(), random.next(), random.next(), random.next()))
      }
      var work = BitcoinWork(
        previousBlock: hash(), coinbase1: (0..<80).map { UInt8($0) }, coinbase2: [1, 2, 255],
        merkleBranches: (0..<branches).map { _ in hash() }, version: 0x2000_0000, nTime: UnixTime(seconds: 5))
      let later = UnixTime(seconds: 0x504e_86b9)
      let line = try server {
        MessageWriter.notify(
          JobID(0xbf12), work, nBits: 0x1c2a_c4af, nTime: later, clean: branches > 0, into: &$0)
      }
      work.nTime = later
      let expected = JobNotice(
        jobID: "0000bf12", .bitcoin(work), nBits: 0x1c2a_c4af, cleanJobs: branches > 0)
      #expect(line == .notify(expected))
    }
  }

  @Test func `what we say as a pool is read by a miner as it was meant`() throws {
    let target = Algorithm.sha256d.difficultyOneTarget
    #expect(try server { MessageWriter.setTarget(target, into: &$0) } == .setTarget(target))
    #expect(
      try server { MessageWriter.setExtranonce(seat.extranonce1, extranonce2ByteCount: 4, into: &$0) }
        == .setExtranonce(seat.extranonce1, extranonce2ByteCount: 4))
    #expect(try server { MessageWriter.setVersionMask(0x1fff_e000, into: &$0) } == .setVersionMask(0x1fff_e000))
    #expect(
      try server { MessageWriter.reconnect(into: &$0) } == .reconnect(host: nil, port: nil, waitSeconds: 0))
    #expect(
      try server { MessageWriter.reconnect(host: "a.example", port: 3333, waitSeconds: 7, into: &$0) }
        == .reconnect(host: "a.example", port: 3333, waitSeconds: 7))
    #expect(try server { MessageWriter.getVersion(id: 8, into: &$0) } == .getVersion(RequestID(8)))
    #expect(try server { MessageWriter.ping(id: 42, into: &$0) } == .ping(RequestID(42)))
    #expect(
      try server { MessageWriter.subscribed(RequestID(2), sessionID: "1a2b", seat, into: &$0) }
        == .response(id: RequestID(2), GoldenLines.subscribed))
    #expect(
      try server { MessageWriter.configured(RequestID(1), GoldenLines.rolling, mask: 0x00c0_0000, into: &$0) }
        == .response(id: RequestID(1), .success(.extensions(versionMask: 0x00c0_0000))))
    #expect(try client { MessageWriter.pong(RequestID(42), into: &$0) }.message == .pong)
  }

  @Test func `what we say as a miner is read by a pool as it was meant`() throws {
    #expect(
      try client { MessageWriter.subscribe(id: 1, userAgent: "zion", into: &$0) }
        == ClientLine(id: RequestID(1), message: .subscribe(userAgent: "zion", resume: nil)))
    #expect(
      try client { MessageWriter.subscribe(id: 1, userAgent: "zion", resume: "1a2b", into: &$0) }.message
        == .subscribe(userAgent: "zion", resume: "1a2b"))
    #expect(
      try client { MessageWriter.authorize(id: 2, user: "w.rig", password: "x", into: &$0) }.message
        == .authorize(user: "w.rig", password: "x"))
    #expect(
      try client { MessageWriter.configure(id: 3, mask: 0x1fff_e000, minimumBitCount: 2, into: &$0) }.message
        == .configure(ExtensionRequest(versionRolling: .init(mask: 0x1fff_e000, minimumBitCount: 2))))
    let all = ExtensionRequest(
      versionRolling: .init(mask: 1, minimumBitCount: 0), minimumDifficulty: Difficulty(clamping: 0.25),
      subscribeExtranonce: true, others: ["a", "b-_9"])
    #expect(try client { MessageWriter.configure(id: 3, all, into: &$0) }.message == .configure(all))
    let minimumOnly = ExtensionRequest(minimumDifficulty: Difficulty(clamping: 16))
    #expect(try client { MessageWriter.configure(id: 3, minimumOnly, into: &$0) }.message == .configure(minimumOnly))
    #expect(try client { MessageWriter.extranonceSubscribe(id: 4, into: &$0) }.message == .extranonceSubscribe)
    #expect(
      try client { MessageWriter.suggestDifficulty(id: 5, Difficulty(clamping: 1e-4), into: &$0) }.message
        == .suggestDifficulty(Difficulty(clamping: 1e-4)))
    for solution in [GoldenLines.solution, GoldenLines.rolledSolution] {
      let line = try client { MessageWriter.submit(id: 6, user: "wallet.rig", jobID: "bf", solution, into: &$0) }
      let share = ShareSubmission(user: "wallet.rig", job: JobID(0xbf), .bitcoin(solution))
      #expect(line == ClientLine(id: RequestID(6), message: .submit(share)))
    }
  }

  @Test(arguments: [
    #"","params":["x"],"method":"mining.submit"#, "a\nb", "a\r\n{\"id\":1}", "\u{0}", "\\", "\\\"", "\u{1b}[2J",
    "\u{7f}",
    "</script>", "é採😀", "\u{2028}", #"\u0022"#,
  ])
  func `text from a peer stays inside its string`(text: String) throws {
    let shown = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    #expect(try server { MessageWriter.showMessage(text, into: &$0) } == .showMessage(shown))
    #expect(
      try server { MessageWriter.rejected(RequestID(1), code: 20, message: text, into: &$0) }
        == .response(id: RequestID(1), .failure(code: 20, message: shown)))
    #expect(
      try server { MessageWriter.text(RequestID(1), text, into: &$0) }
        == .response(id: RequestID(1), .success(.text(shown))))
    guard shown == text else { return }
    #expect(
      try client { MessageWriter.authorize(id: 1, user: text, password: text, into: &$0) }.message
        == .authorize(user: text, password: text))
  }

  @Test func `an id of a miner comes back in the answer as it was`() throws {
    for id in ["7", #""x\"y""#, #""\u0041""#, "1e9999", "null"] {
      let parsed = try MessageParser.parse(#"{"id":\#(id),"method":"mining.ping"}"#.utf8)
      #expect(
        line { MessageWriter.pong(parsed.id, into: &$0) } == #"{"id":\#(id),"result":"pong","error":null}"# + "\n")
    }
  }
}
