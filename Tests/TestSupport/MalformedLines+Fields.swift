/// What is wrong with one part of an otherwise good line.
extension MalformedLines {
  static let keys: [Entry] = [
    refused("the id twice", #"{"id":1,"id":2,"method":"mining.ping"}"#),
    refused("the method twice", #"{"id":1,"method":"mining.ping","method":"mining.submit"}"#),
    refused("params twice", #"{"id":1,"method":"mining.ping","params":[],"params":["x"]}"#),
    refused("the result twice", #"{"id":1,"result":true,"result":false}"#),
    refused("the error twice", #"{"id":1,"result":true,"error":null,"error":null}"#),
    refused("an unknown key twice", #"{"id":1,"method":"mining.ping","worker":"a","worker":"b"}"#),
    refused("jsonrpc twice", #"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"mining.ping"}"#),
    refused("a nested key twice", #"{"id":1,"method":"mining.ping","x":{"a":1,"a":2}}"#),
    refused(
      "an option twice",
      call("mining.configure", #"[["version-rolling"],{"version-rolling.mask":"ff","version-rolling.mask":"00"}]"#)),
    refused("an empty key twice", #"{"id":1,"method":"mining.ping","":1,"":2}"#),
    refused("an escaped key", #"{"\u0069d":1,"method":"mining.ping"}"#),
    refused("a control character in a key", "{\"id\":1,\"method\":\"mining.ping\",\"a\u{1}\":1}"),
  ]

  static let ids: [Entry] = [
    refused("an array as id", #"{"id":[1],"method":"mining.ping"}"#),
    refused("nested arrays as id", #"{"id":[[[1]]],"method":"mining.ping"}"#),
    refused("an object as id", #"{"id":{"a":1},"method":"mining.ping"}"#),
    refused("true as id", #"{"id":true,"method":"mining.ping"}"#),
    refused("false as id", #"{"id":false,"method":"mining.ping"}"#),
    refused("a long number as id", "{\"id\":" + String(repeating: "9", count: 65) + ",\"method\":\"mining.ping\"}"),
    refused("a long string as id", "{\"id\":\"" + String(repeating: "i", count: 63) + "\",\"method\":\"mining.ping\"}"),
    refused("NaN as id", #"{"id":NaN,"method":"mining.ping"}"#),
    refused("a control character in the id", "{\"id\":\"a\u{2}\",\"method\":\"mining.ping\"}"),
    refused("half a surrogate pair in the id", #"{"id":"\ud800","method":"mining.ping"}"#),
    refused("an id with leading zeros", #"{"id":007,"method":"mining.ping"}"#),
  ]

  private static func nested(_ open: String, _ close: String, _ depth: Int) -> String {
    String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
  }

  static let sizes: [Entry] = [
    refused("arrays nested nine deep", call("mining.ping", nested("[", "]", 8))),
    refused("arrays nested a hundred deep", call("mining.ping", nested("[", "]", 100))),
    refused("arrays nested a thousand deep", call("mining.ping", nested("[", "]", 1_000))),
    refused("brackets without end", String(repeating: "[", count: 3_000)),
    refused("braces without end", String(repeating: #"{"a":"#, count: 800)),
    refused("objects nested a hundred deep", #"{"id":1,"method":"x","y":"# + nested(#"{"a":"#, "}", 100) + "}"),
    refused("a deep id", #"{"id":"# + nested("[", "]", 50) + #","method":"mining.ping"}"#),
    refused("a deep unknown member", #"{"id":1,"method":"mining.ping","x":"# + nested("[", "]", 20) + "}"),
    refused("65 parameters", call("mining.ping", "[" + String(repeating: "1,", count: 64) + "1]")),
    refused("a thousand parameters", call("x", "[" + String(repeating: "1,", count: 1_000) + "1]")),
    refused("65 extensions", call("mining.configure", "[[" + String(repeating: "\"a\",", count: 64) + "\"a\"],{}]")),
    refused(
      "a hundred keys", "{\"id\":1,\"method\":\"x\"," + (0..<100).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"),
    refused("a long user", call("mining.authorize", "[\"" + String(repeating: "a", count: 1_025) + "\",\"x\"]")),
    refused("a long password", call("mining.authorize", "[\"a\",\"" + String(repeating: "x", count: 1_025) + "\"]")),
    refused("a long user agent", call("mining.subscribe", "[\"" + String(repeating: "u", count: 3_000) + "\"]")),
    refused("a long method", call(String(repeating: "m", count: 2_000), "[]")),
    refused("a long key", "{\"id\":1,\"method\":\"x\",\"" + String(repeating: "k", count: 1_100) + "\":1}"),
    refused("a long string in an unknown member", #"{"id":1,"method":"x","y":""# + nested("y", "y", 600) + #""}"#),
    refused("a line of 64 KiB", call("mining.authorize", "[\"" + String(repeating: "A", count: 65_536) + "\",\"x\"]")),
    refused("64 KiB of letters", String(repeating: "A", count: 65_536)),
    refused("64 KiB of NUL", bytes: [UInt8](repeating: 0, count: 65_536)),
    refused("64 KiB of blanks", String(repeating: " ", count: 65_536)),
  ]

  static let methods: [Entry] = [
    refused("an empty object", "{}"),
    refused("only an id", #"{"id":1}"#),
    refused("no method", #"{"id":1,"params":[]}"#),
    refused("null as method", #"{"id":1,"method":null,"params":[]}"#),
    refused("a number as method", #"{"id":1,"method":5,"params":[]}"#),
    refused("true as method", #"{"id":1,"method":true,"params":[]}"#),
    refused("an array as method", #"{"id":1,"method":["mining.submit"],"params":[]}"#),
    refused("an object as method", #"{"id":1,"method":{"name":"mining.submit"},"params":[]}"#),
    refused("a key in capitals", #"{"ID":1,"METHOD":"mining.ping"}"#),
  ]

  static let oddButLegal: [Entry] = [
    harmless("an empty method", call("", "[]")),
    harmless("an unknown method", call("mining.explode", "[]")),
    harmless("a method in capitals", call("MINING.SUBMIT", "[]")),
    harmless("a method with a blank", call("mining.submit ", "[]")),
    harmless("a method with a NUL", call(#"mining.submit\u0000"#, "[]")),
    harmless("a method with a line feed", call(#"x\n{\"id\":2}"#, "[]")),
    harmless("a method with quotes", call(#"\"><script>alert(1)</script>"#, "[]")),
    harmless("a method in another script", call("採掘", "[]")),
    harmless("an unknown method with an object", call("getjob", #"{"token":"w"}"#)),
    harmless("an Ethereum login", call("eth_submitLogin", #"["0x0000000000000000000000000000000000000000"]"#)),
    harmless("an id of many digits", #"{"id":123456789012345678901234567890,"method":"mining.ping"}"#),
    harmless("an id with an exponent", #"{"id":1e9999,"method":"mining.ping"}"#),
    harmless("a negative id", #"{"id":-1,"method":"mining.ping"}"#),
    harmless("a fraction as id", #"{"id":1.5,"method":"mining.ping"}"#),
    harmless("an empty string as id", #"{"id":"","method":"mining.ping"}"#),
    harmless("an id that looks like JSON", #"{"id":"\",\"result\":true","method":"mining.ping"}"#),
    harmless("carriage returns as blanks", "{\r\"id\":1,\r\"method\":\"mining.ping\"\r}\r"),
    harmless("blanks everywhere", #" { "id" : 1 , "method" : "mining.ping" , "params" : [ ] } "#),
    harmless("members that nobody knows", #"{"id":1,"method":"mining.ping","x":{"y":[1,{"z":null}]},"":0}"#),
    harmless("a job id that is no hex", call("mining.submit", #"["a","../../etc","00","00000000","00000000"]"#)),
    harmless("a job id of nine digits", call("mining.submit", #"["a","123456789","00","00000000","00000000"]"#)),
    harmless("an empty job id", call("mining.submit", #"["a","","00","00000000","00000000"]"#)),
    harmless("an extranonce2 of 32 bytes", call("mining.submit", submit(2, "\"" + nested("0", "0", 31) + "0\""))),
    harmless("an empty extranonce2", call("mining.submit", submit(2, "\"\""))),
    harmless("a script as user", call("mining.authorize", #"["<script>alert(1)</script>","x"]"#)),
    harmless("SQL as user", call("mining.authorize", #"["'; DROP TABLE shares;--","x"]"#)),
    harmless("a format string as user", call("mining.authorize", #"["%s%s%s%n","x"]"#)),
    harmless("an empty user", call("mining.authorize", #"["",""]"#)),
    harmless("a tiny difficulty", call("mining.suggest_difficulty", "[1e-300]")),
    harmless("a huge difficulty", call("mining.suggest_difficulty", "[1e300]")),
  ]

  /// A good submission with parameter `index` replaced.
  private static func submit(_ index: Int, _ value: String) -> String {
    var values = [#""wallet.rig""#, #""bf""#, #""00000001""#, #""504e86ed""#, #""b2957c02""#, #""0a1fe000""#]
    values[index] = value
    return "[" + values.joined(separator: ",") + "]"
  }

  static var parameters: [Entry] {
    wrongSubmissions + wrongTypes + [
      refused("submit without params", #"{"id":1,"method":"mining.submit"}"#),
      refused("submit with null params", call("mining.submit", "null")),
      refused("submit with no values", call("mining.submit", "[]")),
      refused("submit with four values", call("mining.submit", #"["a","b","00","00000000"]"#)),
      refused("submit with seven values", call("mining.submit", #"["a","b","00","00000000","00000000","0","0"]"#)),
      refused("submit with an object", call("mining.submit", #"{"user":"a"}"#)),
      refused("authorize without a user", call("mining.authorize", "[]")),
      refused("authorize without params", #"{"id":1,"method":"mining.authorize"}"#),
      refused("authorize with an object", call("mining.authorize", #"{"user":"a"}"#)),
      refused("login with a number", call("mining.login", "[7]")),
      refused("configure with nothing", call("mining.configure", "[]")),
      refused("configure with a name", call("mining.configure", #"["version-rolling"]"#)),
      refused("configure with options as an array", call("mining.configure", "[[],[]]")),
      refused("configure with a number as name", call("mining.configure", "[[1],{}]")),
      refused("a suggested target of 63 digits", call("mining.suggest_target", "[\"" + nested("0", "0", 31) + "\"]")),
      refused(
        "a suggested target of zero", call("mining.suggest_target", "[\"" + String(repeating: "0", count: 64) + "\"]")),
      refused(
        "a suggested target that is no hex", call("mining.suggest_target", "[\"" + nested("zz", "", 31) + "z\"]")),
      refused("ping with a string", call("mining.ping", #""x""#)),
      refused("ping with a number", call("mining.ping", "5")),
      refused("get_transactions with true", call("mining.get_transactions", "true")),
    ] + wrongOptions
  }

  private static let wrongSubmissions: [Entry] = [
    (2, "odd", "123"), (2, "33 bytes long", String(repeating: "00", count: 33)), (2, "prefixed", "0x00"),
    (2, "blank", " 00 "), (2, "no hex", "zz"), (2, "full of aliases", ":;<=>?@J"), (2, "full-width", "０１"),
    (3, "too short", "504e86e"), (3, "too long", "504e86ed0"), (3, "prefixed", "0x504e86"), (3, "no hex", "504e86eg"),
    (3, "negative", "-504e86e"), (3, "padded", " 504e86e"), (3, "empty", ""), (3, "escaped", #"504e86e\u0064"#),
    (4, "too short", "b2957c0"), (4, "too long", "b2957c020"), (4, "prefixed", "0xb2957c"), (4, "no hex", "b2957c0z"),
    (4, "signed", "+b2957c0"), (4, "padded", "b2957c0 "), (4, "empty", ""), (4, "eight bytes", "b2957c02b2957c02"),
    (5, "too long", "0a1fe0000"), (5, "prefixed", "0x1fe000"), (5, "no hex", "version!"), (5, "empty", ""),
  ].map { index, fault, value in
    refused("submit: \(submitFields[index]) is \(fault)", call("mining.submit", submit(index, "\"\(value)\"")))
  }

  private static let submitFields = ["user", "job id", "extranonce2", "nTime", "nonce", "version bits"]

  /// Each parameter of each method, with each JSON type that it must not have.
  private static var wrongTypes: [Entry] {
    let types = ["null", "true", "5", "1.5e3", "[]", "[[]]", "{}", #"{"a":1}"#]
    var entries: [Entry] = []
    for (index, field) in submitFields.enumerated() {
      for type in types where index < 5 || type != "null" {
        entries.append(refused("submit: \(field) is \(type)", call("mining.submit", submit(index, type))))
      }
    }
    for type in types {
      entries.append(refused("authorize: user is \(type)", call("mining.authorize", "[\(type),\"x\"]")))
      entries.append(refused("suggest_target: \(type)", call("mining.suggest_target", "[\(type)]")))
      guard type != "null" else { continue }
      entries.append(refused("authorize: password is \(type)", call("mining.authorize", "[\"a\",\(type)]")))
      entries.append(refused("subscribe: user agent is \(type)", call("mining.subscribe", "[\(type)]")))
      entries.append(refused("subscribe: session is \(type)", call("mining.subscribe", "[\"a\",\(type)]")))
    }
    return entries
  }

  private static let wrongOptions: [Entry] =
    [#""0x1fe000""#, #""123456789""#, #""""#, #""mask""#, "5", "true", "[]", "{}"].map {
      refused("mask \($0)", call("mining.configure", #"[["version-rolling"],{"version-rolling.mask":\#($0)}]"#))
    }
    + ["-1", "33", "1.5", "1e9999", #""two""#, "true", "[]", "99999999999999999999"].map {
      refused(
        "bit count \($0)", call("mining.configure", #"[["version-rolling"],{"version-rolling.min-bit-count":\#($0)}]"#))
    }
    + ["-1", "1e9999", #""NaN""#, "null", "true", "[]", "{}"].map {
      refused(
        "minimum \($0)", call("mining.configure", #"[["minimum-difficulty"],{"minimum-difficulty.value":\#($0)}]"#))
    }
}
