import Stratum
import Testing

struct ServerMessageParserTests {
  @Test(arguments: GoldenLines.server.indices)
  func `what a real pool sends is understood`(index: Int) throws {
    let golden = GoldenLines.server[index]
    #expect(try ServerMessageParser.parse(golden.line.utf8) == golden.message, "\(golden.name)")
  }

  @Test(arguments: GoldenLines.server.indices)
  func `a line that was cut short is refused, wherever it was cut`(index: Int) {
    let bytes = Array(GoldenLines.server[index].line.utf8)
    for cut in bytes.indices {
      #expect(throws: MalformedLine.self) { try ServerMessageParser.parse(bytes[..<cut]) }
    }
  }

  @Test(arguments: [
    #""mining.notify","params":["bf"]"#, #""mining.set_difficulty","params":[0]"#,
    #""mining.set_difficulty","params":[-1]"#, #""mining.set_difficulty","params":[1e9999]"#,
    #""mining.set_difficulty","params":["nan"]"#, #""mining.set_difficulty","params":[]"#,
    #""mining.set_difficulty","params":{}"#, #""mining.set_target","params":["00"]"#,
    #""mining.set_extranonce","params":[]"#, #""mining.set_extranonce","params":["0800000",4]"#,
    #""mining.set_extranonce","params":["08000002",33]"#, #""mining.set_extranonce","params":["08000002",-1]"#,
    #""mining.set_extranonce","params":["08000002",4.5]"#, #""mining.set_version_mask","params":[536862720]"#,
    #""mining.set_version_mask","params":["0x1fffe000"]"#, #""client.reconnect","params":[5]"#,
    #""client.reconnect","params":["a",0]"#, #""client.reconnect","params":["a",65536]"#,
    #""client.reconnect","params":["a",3333,-1]"#, #""client.show_message","params":[1]"#,
  ])
  func `a pool that sends nonsense is refused under the id it used`(rest: String) {
    #expect {
      try ServerMessageParser.parse(#"{"id":9,"method":\#(rest)}"#.utf8)
    } throws: { error in
      guard let malformed = error as? MalformedLine, case .wrongParameters = malformed.error else { return false }
      return malformed.id == RequestID(9) && !malformed.message.isEmpty
    }
  }

  @Test func `each field of a notify is checked`() throws {
    let good = [
      #""bf""#, "\"" + String(repeating: "00", count: 32) + "\"", #""01""#, #""02""#, "[]", #""20000000""#,
      #""1c2ac4af""#, #""504e86b9""#, "true",
    ]
    func line(_ fields: [String]) -> String {
      #"{"id":9,"method":"mining.notify","params":["# + fields.joined(separator: ",") + "]}"
    }
    guard case .notify = try ServerMessageParser.parse(line(good).utf8) else {
      Issue.record("the good line is refused")
      return
    }
    let hash = "\"" + String(repeating: "ab", count: 32) + "\""
    let tooMany = "[" + Array(repeating: hash, count: 33).joined(separator: ",") + "]"
    let bad: [[String]] = [
      ["5", #""""#, #""a\u0000""#], [#""00""#, "null"], [#""1""#, "7"], [#""zz""#, "[]"],
      ["null", #"["00"]"#, "[5]", tooMany], [#""2000000""#], [#""0x1c2ac4""#], ["1347323577"], [#""true""#, "1"],
    ]
    for (index, values) in bad.enumerated() {
      for value in values {
        var fields = good
        fields[index] = value
        #expect(throws: MalformedLine.self, "field \(index) as \(value)") {
          try ServerMessageParser.parse(line(fields).utf8)
        }
      }
    }
  }

  @Test func `a coinbase may be longer than any text`() throws {
    let coinbase = String(repeating: "ab", count: 6_500)
    let line =
      #"{"id":null,"method":"mining.notify","params":["1",""# + String(repeating: "00", count: 32) + #"",""# + coinbase
      + #"","",[],"20000000","1c2ac4af","504e86b9",false]}"#
    guard case .notify(let notice) = try ServerMessageParser.parse(line.utf8) else {
      Issue.record("not a notify")
      return
    }
    #expect(notice.work.bitcoin?.coinbase1.count == 6_500)
  }

  @Test(arguments: ["null", "false", "[]", "{}", #""""#])
  func `an empty error is none`(error: String) throws {
    let line = #"{"id":6,"result":true,"error":\#(error)}"#
    #expect(try ServerMessageParser.parse(line.utf8) == .response(id: RequestID(6), .success(.bool(true))))
  }

  @Test func `a subscription with a bad extranonce is refused, not taken for something else`() {
    for rest in [#""0800000",4"#, #""zz",4"#, #""08",40"#, #""08",-1"#] {
      #expect(throws: MalformedLine.self) { try ServerMessageParser.parse(#"{"id":2,"result":[[],\#(rest)]}"#.utf8) }
    }
  }

  @Test func `a granted mask must be hex`() {
    let line = #"{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"0x1fffe000"},"error":null}"#
    #expect(throws: MalformedLine.self) { try ServerMessageParser.parse(line.utf8) }
  }
}
