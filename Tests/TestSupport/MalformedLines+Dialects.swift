/// What is wrong with a KawPow share, and with messages whose parameters have names.
extension MalformedLines {
  private static let hash = String(repeating: "5a", count: 32)

  private static func share(_ index: Int, _ value: String) -> String {
    var values = [#""RVNaddress.rig""#, #""2f1a""#, #""0x64290b0000a1b2c3""#, "\"0x\(hash)\"", "\"0x\(hash)\""]
    values[index] = value
    return call("mining.submit", "[" + values.joined(separator: ",") + "]")
  }

  private static let shareFields = ["user", "job id", "nonce", "header hash", "mix hash"]

  private static let wrongNonces: [Entry] = [
    ("missing", ""), ("only a prefix", "0x"), ("of 15 digits", "64290b0000a1b2c"),
    ("of 17 digits", "64290b0000a1b2c30"),
    ("of 18 digits", "64290b0000a1b2c300"), ("of 14 digits behind 0x", "0x64290b0000a1b2"),
    ("prefixed twice", "0x0x64290b0000a1b2c3"), ("no hex", "64290b0000a1b2cz"), ("of four bytes", "b2957c02"),
    ("negative", "-4290b0000a1b2c3"), ("padded", " 64290b0000a1b2c"), ("escaped", #"64290b0000a1b2c\u0033"#),
  ].map { fault, value in refused("KawPow: the nonce is \(fault)", share(2, "\"\(value)\"")) }

  private static let hashFaults: [(String, String)] = [
    ("missing", ""), ("only a prefix", "0x"), ("too short", String(hash.dropLast(2))), ("odd", String(hash.dropLast())),
    ("too long", "\(hash)00"), ("no hex", "\(hash.dropLast())g"), ("prefixed twice", "0x0x\(hash)"),
  ]

  private static let wrongHashes: [Entry] = [3, 4].flatMap { index in
    hashFaults.map { fault, value in
      refused("KawPow: the \(shareFields[index]) is \(fault)", share(index, "\"\(value)\""))
    }
  }

  private static let wrongShareTypes: [Entry] = shareFields.indices.flatMap { index in
    ["null", "true", "7220461846532469443", "[]", "{}"].map {
      refused("KawPow: the \(shareFields[index]) is \($0)", share(index, $0))
    }
  }

  private static let otherWrongShares: [Entry] = [
    refused(
      "a KawPow share of four values", call("mining.submit", "[\"a\",\"2f1a\",\"64290b0000a1b2c3\",\"\(hash)\"]")),
    refused("a KawPow share as an object", call("mining.submit", #"{"nonce":"64290b0000a1b2c3"}"#)),
    refused("a speed without a number", call("eth_submitHashrate", "[]")),
    refused("a speed that is a number", call("eth_submitHashrate", "[30000000]")),
    refused("a speed of no digits", call("eth_submitHashrate", #"["0x","0x00"]"#)),
    refused("a speed that is no hex", call("eth_submitHashrate", #"["30 MH/s","0x00"]"#)),
    refused("a speed of 33 bytes", call("eth_submitHashrate", "[\"0x\(hash)00\"]")),
    refused("a speed as an object", call("eth_submitHashrate", #"{"rate":"0x00"}"#)),
  ]

  /// What a KawPow session refuses as much as a Bitcoin one.
  public static let kawpow: [Entry] = wrongNonces + wrongHashes + wrongShareTypes + otherWrongShares

  /// A good share of one dialect is a wrong one in the other.
  public static let kawpowInBitcoin = refused(
    "a share of KawPow", share(1, #""00002f1a""#))

  /// Login, submit and keepalived.
  static let named: [Entry] = wrongNamed + wrongNamedNonces + oddNamed

  private static let wrongNamed: [Entry] = [
    refused("login without a name", call("login", "{}")),
    refused("login with an empty name", call("login", #"{"login":"","pass":"x"}"#)),
    refused("login with a number as name", call("login", #"{"login":5}"#)),
    refused("login with null", call("login", "null")),
    refused("login with an array", call("login", #"["wallet","x"]"#)),
    refused("login without params", #"{"id":1,"method":"login"}"#),
    refused("login twice in one", call("login", #"{"login":"a","login":"b"}"#)),
    refused("login with a control character", call("login", #"{"login":"a\u0000b"}"#)),
    refused("login with a control in an algorithm", call("login", #"{"login":"a","algo":["rx\u0007"]}"#)),
    refused("login with a long name", call("login", "{\"login\":\"" + String(repeating: "a", count: 1_025) + "\"}")),
    refused("login, deeply nested", call("login", #"{"login":"a","algo":"# + String(repeating: "[", count: 9) + "}")),
    refused("a named share without params", #"{"id":1,"method":"submit"}"#),
    refused("a named share as an array", call("submit", #"["a","bf","00000000"]"#)),
    refused("a named share of nothing", call("submit", "{}")),
    refused("a named share without a job", call("submit", #"{"nonce":"00000000"}"#)),
    refused("a named share with a number as job", call("submit", #"{"job_id":1,"nonce":"00000000"}"#)),
    refused("a named share with a job twice", call("submit", #"{"job_id":"1","job_id":"2","nonce":"00"}"#)),
    refused("a named share with a short mix", call("submit", #"{"job_id":"1","nonce":"00","mix_hash":"00"}"#)),
    refused("a named share with a number as mix", call("submit", #"{"job_id":"1","nonce":"00","mix_hash":0}"#)),
  ]

  private static let wrongNamedNonces: [Entry] =
    ["null", "5", "[]", #""""#, #""0x""#, #""xyz""#, #""-1""#, #"" 1""#, #""12345678123456781""#].map {
      refused("a named share: the nonce is \($0)", call("submit", #"{"job_id":"1","nonce":\#($0)}"#))
    }

  private static let oddNamed: [Entry] = [
    harmless("an XMRig login", call("login", #"{"login":"w","pass":"x","agent":"XMRig/6.22.2"}"#)),
    harmless("a login whose algorithms are odd", call("login", #"{"login":"w","algo":[5,null,{}]}"#)),
    harmless("a named share without a login", call("submit", #"{"id":"x","job_id":"bf","nonce":"0x1"}"#)),
    harmless("a named share for a job that is none", call("submit", #"{"job_id":"zion_rx_000001","nonce":"1"}"#)),
    harmless("keepalived without a login", call("keepalived", #"{"id":"x"}"#)),
    harmless("a huge speed", call("eth_submitHashrate", "[\"0x\(hash)\",\"\"]")),
    harmless("an error that nobody asked for", #"{"id":null,"error":{"code":-32601,"message":"Method not found"}}"#),
  ]
}
