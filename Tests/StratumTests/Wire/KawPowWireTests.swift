import Stratum
import TestSupport
import Testing

struct KawPowWireTests {
  @Test(arguments: GoldenLines.kawpowClient.indices)
  func `what a KawPow miner sends is understood`(index: Int) throws {
    let golden = GoldenLines.kawpowClient[index]
    #expect(try MessageParser.parse(golden.line.utf8, in: .kawpow).message == golden.message, "\(golden.name)")
  }

  @Test(arguments: GoldenLines.kawpowServer.indices)
  func `what a KawPow pool sends is understood`(index: Int) throws {
    let golden = GoldenLines.kawpowServer[index]
    #expect(try ServerMessageParser.parse(golden.line.utf8) == golden.message, "\(golden.name)")
  }

  @Test func `a line that was cut short is refused, wherever it was cut`() {
    for golden in GoldenLines.kawpowClient {
      let bytes = Array(golden.line.utf8)
      for cut in bytes.indices {
        #expect(throws: MalformedLine.self) { try MessageParser.parse(bytes[..<cut], in: .kawpow) }
      }
    }
    for golden in GoldenLines.kawpowServer {
      let bytes = Array(golden.line.utf8)
      for cut in bytes.indices {
        #expect(throws: MalformedLine.self) { try ServerMessageParser.parse(bytes[..<cut]) }
      }
    }
  }

  // MARK: submissions

  private static let good = [
    #""RVNaddress.rig""#, #""2f1a""#, #""0x64290b0000a1b2c3""#, "\"0x\(GoldenLines.headerHex)\"",
    "\"0x\(GoldenLines.mixHex)\"",
  ]

  private static func submit(_ parameters: [String]) -> String {
    #"{"id":40,"method":"mining.submit","params":["# + parameters.joined(separator: ",") + "]}"
  }

  private static func submit(_ index: Int, _ value: String) -> String {
    var parameters = good
    parameters[index] = value
    return submit(parameters)
  }

  private func refusal(_ line: String, in dialect: Algorithm.Dialect) -> String? {
    do throws(MalformedLine) {
      _ = try MessageParser.parse(line.utf8, in: dialect)
      return nil
    } catch {
      #expect(error.id == RequestID(40))
      guard case .wrongParameters(let words) = error.error else { return nil }
      return words
    }
  }

  @Test(arguments: [
    "", "64290b0000a1b2c", "64290b0000a1b2c34", "64290b0000a1b2c3d4", "0x", "0x64290b0000a1b2", "0x64290b0000a1b2c",
    "0x64290b0000a1b2c34", "0x0x64290b0000a1b2c3", "64290b0000a1b2cg", "0x64290b0000a1b2 3", "x064290b0000a1b2c3",
    "-4290b0000a1b2c3", "６４２９０b0000", "00000001",
  ])
  func `a nonce that is not eight bytes of hex is refused by name`(nonce: String) {
    #expect(
      refusal(Self.submit(2, "\"\(nonce)\""), in: .kawpow) == "incorrect size of nonce, must be 8 bytes of hex")
  }

  @Test(arguments: [(3, "header hash"), (4, "mix hash")])
  func `a hash that is not 32 bytes of hex is refused by name`(index: Int, name: String) {
    let digits = GoldenLines.headerHex
    let (less, evenLess) = (String(digits.dropLast()), String(digits.dropLast(2)))
    let bad: [String] = [
      "", "0x", less, evenLess, "\(digits)0", "\(digits)00", "0x\(less)", "0x\(evenLess)", "0x\(digits)0",
      "0x0x\(evenLess)", "0x\(less)g", "\(less) ",
    ]
    for value in bad {
      #expect(
        refusal(Self.submit(index, "\"\(value)\""), in: .kawpow)
          == "incorrect size of \(name), must be 32 bytes of hex", "\(value)")
    }
  }

  @Test(arguments: ["5", "7220461846532469443", "null", "true", "[]", "{}", "1.5"])
  func `anything but text is refused in every place, and the field is named`(value: String) {
    let fields = ["the user", "the job id", "nonce", "header hash", "mix hash"]
    for (index, field) in fields.enumerated() {
      #expect(refusal(Self.submit(index, value), in: .kawpow)?.contains(field) == true, "\(field)")
    }
  }

  @Test func `fewer than five parameters are refused with what is needed`() {
    for count in 0...4 {
      #expect(
        refusal(Self.submit(Array(Self.good[..<count])), in: .kawpow)
          == "mining.submit needs [user, job id, nonce, header hash, mix hash]")
    }
  }

  @Test func `a malformed share is answered with code 20 and those words`() {
    let miner = Miner(.kawpow)
    miner.authorizes()
    #expect(miner.says(Self.submit(2, #""0x01""#)) == .none)
    #expect(
      miner.hears == #"{"id":40,"result":null,"error":[20,"incorrect size of nonce, must be 8 bytes of hex",null]}"#)
  }

  @Test func `a share of the other dialect is refused in words, both ways`() {
    for golden in GoldenLines.kawpowClient {
      guard case .submit = golden.message else { continue }
      let line = golden.line.replacing(#""id":7"#, with: #""id":40"#)
      #expect(refusal(line, in: .bitcoin)?.hasPrefix("mining.submit") == true, "\(golden.name)")
    }
    for bits in ["", #","0a1fe000""#] {
      let line = Self.submit([#""wallet.rig""#, #""bf""#, #""00000001""#, #""504e86ed""#, #""b2957c02""# + bits])
      #expect(refusal(line, in: .kawpow) == "incorrect size of nonce, must be 8 bytes of hex")
    }
  }

  @Test(arguments: ["[]", #"["0x"]"#, #"[""]"#, #"["0xzz"]"#, "[30000000]", #"["-1"]"#, "null"])
  func `a speed that is no hex is refused`(parameters: String) {
    let line = #"{"id":40,"method":"eth_submitHashrate","params":\#(parameters)}"#
    #expect(refusal(line, in: .kawpow)?.contains("eth_submitHashrate") == true)
  }

  // MARK: jobs

  private static let goodJob = [
    #""2f1a""#, "\"\(GoldenLines.headerHex)\"", "\"\(GoldenLines.seedHex)\"", "\"\(GoldenLines.targetHex)\"", "true",
    "1234567", #""1b00ec12""#,
  ]

  private func jobRefusal(_ parameters: [String]) -> String? {
    let line = #"{"id":40,"method":"mining.notify","params":["# + parameters.joined(separator: ",") + "]}"
    do throws(MalformedLine) {
      _ = try ServerMessageParser.parse(line.utf8)
      return nil
    } catch {
      return error.message
    }
  }

  @Test func `each field of a job is checked and named`() {
    #expect(jobRefusal(Self.goodJob) == nil)
    let (digits, less) = (GoldenLines.headerHex, String(GoldenLines.headerHex.dropLast()))
    let zeros = String(repeating: "0", count: 64)
    let bad: [(field: String, values: [String])] = [
      ("job id", ["5", #""""#, "null"]),
      ("header", ["\"\(less)\"", "\"\(digits)00\"", #""""#, "null", "5", "\"\(less)x\""]),
      ("seed", ["\"\(less)\"", #""0x""#, "[]"]),
      ("target", ["\"\(zeros)\"", "\"\(less)\"", #""00""#, "null", "5"]),
      ("clean_jobs", ["1", #""true""#, "null"]),
      ("height", ["-1", "4294967296", "1.5", "1e6", #""0x12d687""#, #""""#, "null", "99999999999999999999"]),
      ("nBits", [#""1b00ec1""#, #""1b00ec120""#, #""0x1b00ec""#, "453045266", #""1b00ecxx""#, "null"]),
    ]
    for (index, (field, values)) in bad.enumerated() {
      for value in values {
        var parameters = Self.goodJob
        parameters[index] = value
        #expect(jobRefusal(parameters)?.contains(field) == true, "\(field) as \(value)")
      }
    }
    for count in 0...6 {
      #expect(jobRefusal(Array(Self.goodJob[..<count])) == "mining.notify needs 9 parameters, or 7 for KawPow")
    }
  }

  @Test func `the highest height is one`() {
    var parameters = Self.goodJob
    parameters[5] = "4294967295"
    #expect(jobRefusal(parameters) == nil)
  }
}
