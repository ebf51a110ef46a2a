import Stratum
import Testing

struct MessageParserTests {
  @Test(arguments: GoldenLines.client.indices)
  func `what a real miner sends is understood`(index: Int) throws {
    let golden = GoldenLines.client[index]
    #expect(try MessageParser.parse(golden.line.utf8).message == golden.message, "\(golden.name)")
  }

  @Test(arguments: GoldenLines.client.indices)
  func `a line that was cut short is refused, wherever it was cut`(index: Int) {
    let bytes = Array(GoldenLines.client[index].line.utf8)
    for cut in bytes.indices {
      #expect(throws: MalformedLine.self) { try MessageParser.parse(bytes[..<cut]) }
    }
  }

  @Test(arguments: ["7", "0", "-3", "1.5", "1e3", #""7""#, #""a\u0041""#, #""é""#, "123456789012345678901234567890"])
  func `an id is echoed byte for byte`(id: String) throws {
    let line = try MessageParser.parse(#"{"id":\#(id),"method":"mining.ping"}"#.utf8)
    #expect(line.id == RequestID(rawJSON: id))
  }

  @Test func `a missing id and a null id are null`() throws {
    #expect(try MessageParser.parse(#"{"method":"mining.ping"}"#.utf8).id == .null)
    #expect(try MessageParser.parse(#"{"id":null,"method":"mining.ping"}"#.utf8).id == .null)
  }

  @Test func `wrong parameters are answered under the id of the request`() {
    let line = #"{"params":["a","bf","00000001","504e86ed","b2957c0"],"id":"x-9","method":"mining.submit"}"#
    #expect {
      try MessageParser.parse(line.utf8)
    } throws: { error in
      let malformed = error as? MalformedLine
      return malformed?.id == RequestID(rawJSON: #""x-9""#)
        && malformed?.error == .wrongParameters("mining.submit: the nonce must be 8 hex digits")
    }
  }

  @Test func `a text that is not ours is no job, and no error`() throws {
    for job in ["", "bfg", "000000bf0", "0xbf", "job-1"] {
      let line = #"{"id":1,"method":"mining.submit","params":["a","\#(job)","00","00000000","00000000"]}"#
      guard case .submit(let share) = try MessageParser.parse(line.utf8).message else {
        Issue.record("not a submission: \(line)")
        continue
      }
      #expect(share.job == nil)
    }
  }

  @Test func `upper and lower case hex name the same job`() throws {
    let lines = ["BF", "bf", "000000Bf"].map {
      #"{"id":1,"method":"mining.submit","params":["wallet.rig","\#($0)","00000001","504E86ED","B2957C02"]}"#
    }
    for line in lines { #expect(try MessageParser.parse(line.utf8).message == .submit(GoldenLines.submission)) }
  }

  @Test func `unknown extensions are listed once and the options of unnamed ones ignored`() throws {
    let line =
      #"{"id":1,"method":"mining.configure","params":[["info","x","info"],{"version-rolling.mask":5,"info.y":[]}]}"#
    #expect(try MessageParser.parse(line.utf8).message == .configure(ExtensionRequest(others: ["info", "x"])))
  }

  /// The answer would be no message: a key with escapes, or twice the same key.
  @Test(arguments: [#"v\\ersion-rolling"#, #"\"info\""#, "version-rolling.mask", "", "in fo", "é", #"\u00e9"#])
  func `an extension's name that cannot be the key of an answer is refused`(name: String) throws {
    let line = #"{"id":1,"method":"mining.configure","params":[["version-rolling","\#(name)"],{}]}"#
    let error = try #require(throws: MalformedLine.self) { try MessageParser.parse(line.utf8) }
    #expect(error.error == .wrongParameters("mining.configure: extension names must be of letters, digits, - and _"))
  }

  @Test func `no minimum is asked for with zero, and is a request like any other`() throws {
    let line = #"{"id":1,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":0}]}"#
    let expected = ExtensionRequest(minimumDifficulty: Difficulty(clamping: 0))
    #expect(try MessageParser.parse(line.utf8).message == .configure(expected))
  }

  @Test func `a mask that is not named is every bit`() throws {
    let line = #"{"id":1,"method":"mining.configure","params":[["version-rolling"]]}"#
    let expected = ExtensionRequest(versionRolling: .init(mask: .max, minimumBitCount: 0))
    #expect(try MessageParser.parse(line.utf8).message == .configure(expected))
  }

  @Test func `eight levels are read and nine are not`() throws {
    func line(_ levels: Int) -> String {
      #"{"id":1,"method":"x","params":"# + String(repeating: "[", count: levels - 1)
        + String(repeating: "]", count: levels - 1) + "}"
    }
    #expect(try MessageParser.parse(line(Limits.jsonDepth).utf8).message == .unknown(method: "x"))
    #expect(throws: MalformedLine(id: RequestID(1), error: .tooDeep)) {
      try MessageParser.parse(line(Limits.jsonDepth + 1).utf8)
    }
  }

  @Test func `the limits on counts and lengths are met exactly`() throws {
    func parameters(_ count: Int) -> String {
      #"{"id":1,"method":"x","params":["# + Array(repeating: "1", count: count).joined(separator: ",") + "]}"
    }
    func user(_ count: Int) -> String {
      #"{"id":1,"method":"mining.authorize","params":[""# + String(repeating: "u", count: count) + #""]}"#
    }
    func id(_ count: Int) -> String { #"{"id":"# + String(repeating: "7", count: count) + #","method":"x"}"# }
    #expect(try MessageParser.parse(parameters(64).utf8).message == .unknown(method: "x"))
    #expect(throws: MalformedLine(id: RequestID(1), error: .tooManyParameters)) {
      try MessageParser.parse(parameters(65).utf8)
    }
    let long = String(repeating: "u", count: 1024)
    #expect(try MessageParser.parse(user(1024).utf8).message == .authorize(user: long, password: ""))
    #expect(throws: MalformedLine(id: RequestID(1), error: .stringTooLong)) {
      try MessageParser.parse(user(1025).utf8)
    }
    #expect(try MessageParser.parse(id(64).utf8).message == .unknown(method: "x"))
    #expect(throws: MalformedLine(id: .null, error: .requestIDTooLong)) { try MessageParser.parse(id(65).utf8) }
  }
}
