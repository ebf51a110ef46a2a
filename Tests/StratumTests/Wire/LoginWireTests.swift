import Stratum
import Testing

struct LoginWireTests {
  @Test(arguments: GoldenLines.loginClient.indices)
  func `what comes with login is understood, whatever the algorithm`(index: Int) throws {
    let golden = GoldenLines.loginClient[index]
    #expect(try MessageParser.parse(golden.line.utf8, in: .kawpow).message == golden.message, "\(golden.name)")
    guard !golden.line.contains("mix_hash") else { return }
    #expect(try MessageParser.parse(golden.line.utf8, in: .bitcoin).message == golden.message, "\(golden.name)")
  }

  @Test func `the nonce of a header has 32 bits, KawPow's has 64`() throws {
    func line(_ nonce: String) -> String {
      #"{"id":9,"method":"submit","params":{"job_id":"bf","nonce":"\#(nonce)"}}"#
    }
    #expect(throws: Never.self) { try MessageParser.parse(line("00000000ffffffff").utf8) }
    for nonce in ["100000000", "0x64290b0000a1b2c3"] {
      #expect(refusal("submit", #"{"job_id":"bf","nonce":"\#(nonce)"}"#)?.contains("4 bytes") == true)
      #expect(throws: Never.self) { try MessageParser.parse(line(nonce).utf8, in: .kawpow) }
    }
  }

  @Test func `a line that was cut short is refused, wherever it was cut`() {
    for golden in GoldenLines.loginClient {
      let bytes = Array(golden.line.utf8)
      for cut in bytes.indices {
        #expect(throws: MalformedLine.self) { try MessageParser.parse(bytes[..<cut]) }
      }
    }
  }

  private func refusal(_ method: String, _ parameters: String) -> String? {
    let line = #"{"id":9,"method":"\#(method)","params":\#(parameters)}"#
    do throws(MalformedLine) {
      _ = try MessageParser.parse(line.utf8)
      return nil
    } catch {
      #expect(error.id == RequestID(9))
      return error.message
    }
  }

  @Test(arguments: [
    "[]", #"["w","x"]"#, "null", "{}", #"{"login":""}"#, #"{"login":5}"#, #"{"login":null,"pass":"x"}"#,
    #"{"user":"w"}"#, #""w""#,
  ])
  func `a login without a name is refused with what is needed`(parameters: String) {
    #expect(
      refusal("login", parameters)
        == "login needs {login, pass, agent, algo}: text, and algo a text or a list of them")
  }

  @Test func `a name with control characters is refused`() {
    #expect(refusal("login", #"{"login":"a\u0000"}"#) == WireError.controlCharacter.message)
    #expect(refusal("login", #"{"login":"w","pass":"a\nb"}"#) == WireError.controlCharacter.message)
    #expect(refusal("login", #"{"login":"w","algo":["a\tb"]}"#) == WireError.controlCharacter.message)
    #expect(refusal("login", #"{"login":"w","login":"v"}"#) == WireError.duplicateKey.message)
  }

  @Test(arguments: [
    #""""#, #""0x""#, #""12345678123456781""#, #""0x12345678123456781""#, #""zz""#, #""-1""#, #"" 1""#, "5", "null",
    "[]", #""１""#,
  ])
  func `a nonce that is no hex is refused by name`(nonce: String) {
    #expect(
      refusal("submit", #"{"id":"a","job_id":"bf","nonce":\#(nonce)}"#)
        == "submit: the nonce must be 1 to 16 hex digits")
  }

  @Test func `a share without nonce or job is refused by name`() {
    #expect(refusal("submit", #"{"job_id":"bf"}"#) == "submit: the nonce must be 1 to 16 hex digits")
    for parameters in [#"{"nonce":"00"}"#, #"{"job_id":5,"nonce":"00"}"#, #"{"job_id":null,"nonce":"00"}"#, "{}"] {
      #expect(refusal("submit", parameters) == "submit: the job id must be a string")
    }
    for parameters in ["[]", #"["bf","00"]"#, "null", #""bf""#] {
      #expect(refusal("submit", parameters) == "submit needs {id, job_id, nonce, result}")
    }
  }

  @Test(arguments: [#""""#, #""00""#, "5", "[]", "true"])
  func `a mix hash that is not 32 bytes of hex is refused by name`(mix: String) {
    #expect(
      refusal("submit", #"{"job_id":"bf","nonce":"00","mix_hash":\#(mix)}"#)
        == "submit: the mix hash must be 32 bytes of hex")
  }

  @Test func `as many algorithms are kept as a list may have`() throws {
    let names = (0..<200).map { "a\($0)" }
    let list = names.map { "\"\($0)\"" }.joined(separator: ",")
    let line = #"{"id":1,"method":"login","params":{"login":"w","algo":[\#(list)]}}"#
    let expected = LoginRequest(user: "w", algorithms: Array(names[..<Limits.parameterCount]))
    #expect(try MessageParser.parse(line.utf8).message == .login(expected))
  }
}
