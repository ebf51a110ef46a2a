/// Lines that no honest miner sends, without line feeds: what a session must survive, and answer or close on.
public enum MalformedLines {
  public struct Entry: Sendable, CustomStringConvertible {
    public let name: String
    public let bytes: [UInt8]
    public let expectation: Expectation
    public var description: String { name }
  }

  public enum Expectation: Sendable {
    /// The parser says what is wrong.
    case refused
    /// Odd but legal: a message that asks for nothing dangerous.
    case harmless
  }

  /// For a session of the Bitcoin dialect.
  public static let all: [Entry] =
    notObjects + truncated + grammar + numbers + strings + encodings + keys + ids + sizes + methods + oddButLegal
    + parameters + kawpow + [kawpowInBitcoin] + named

  static func refused(_ name: String, _ line: String) -> Entry {
    Entry(name: name, bytes: Array(line.utf8), expectation: .refused)
  }

  static func refused(_ name: String, bytes: [UInt8]) -> Entry {
    Entry(name: name, bytes: bytes, expectation: .refused)
  }

  static func harmless(_ name: String, _ line: String) -> Entry {
    Entry(name: name, bytes: Array(line.utf8), expectation: .harmless)
  }

  /// `{"id":1,"method":…,"params":…}`
  static func call(_ method: String, _ parameters: String) -> String {
    #"{"id":1,"method":"\#(method)","params":\#(parameters)}"#
  }

  private static let ping = #"{"id":1,"method":"mining.ping","params":[]}"#

  private static let notObjects: [Entry] = [
    refused("nothing", ""),
    refused("a blank", " "),
    refused("tabs", "\t\t"),
    refused("a carriage return", "\r"),
    refused("null", "null"),
    refused("true", "true"),
    refused("a number", "42"),
    refused("a string", #""mining.subscribe""#),
    refused("an array", "[]"),
    refused("a batch", "[\(ping)]"),
    refused("an HTTP request", "GET / HTTP/1.1"),
    refused("an HTTP header", "Host: pool.example"),
    refused("a SOCKS greeting", bytes: [5, 1, 0]),
    refused("a TLS hello", bytes: [22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    refused("a PROXY header", "PROXY TCP4 203.0.113.7 198.51.100.1 56324 3333"),
    refused("XML", "<methodCall><methodName>mining.subscribe</methodName></methodCall>"),
    refused("YAML", "method: mining.subscribe"),
    refused("a bare word", "mining.subscribe"),
    refused("a shell command", "; cat /etc/passwd"),
  ]

  private static let truncated: [Entry] = [
    refused("only an opening brace", "{"),
    refused("only a closing brace", "}"),
    refused("cut in a key", #"{"id":1,"meth"#),
    refused("cut after a key", #"{"id":1,"method""#),
    refused("cut after a colon", #"{"id":1,"method":"#),
    refused("cut in the id", #"{"id":12"#),
    refused("cut after a comma", #"{"id":1,"#),
    refused("cut in a method", #"{"id":1,"method":"mining.sub"#),
    refused("cut in an array", #"{"id":1,"method":"mining.submit","params":["a","b""#),
    refused("cut in an escape", #"{"id":1,"method":"a\"#),
    refused("cut in a code unit", #"{"id":1,"method":"a\u00"#),
    refused("cut in a literal", #"{"id":nul"#),
    refused("without its last brace", String(ping.dropLast())),
    refused("without its first brace", String(ping.dropFirst())),
    refused("cut in a UTF-8 sequence", bytes: Array(#"{"id":1,"method":"a"#.utf8) + [0xe2, 0x82]),
  ]

  private static let grammar: [Entry] = [
    refused("two objects", ping + ping),
    refused("an object and a bracket", ping + "]"),
    refused("an object and a word", ping + " x"),
    refused("an object and NUL", bytes: Array(ping.utf8) + [0]),
    refused("a trailing comma in the object", #"{"id":1,"method":"mining.ping",}"#),
    refused("a trailing comma in the array", call("mining.submit", #"["a",]"#)),
    refused("a leading comma", #"{,"id":1,"method":"mining.ping"}"#),
    refused("a doubled comma", #"{"id":1,,"method":"mining.ping"}"#),
    refused("a doubled colon", #"{"id"::1,"method":"mining.ping"}"#),
    refused("a missing colon", #"{"id" 1,"method":"mining.ping"}"#),
    refused("a missing comma", #"{"id":1 "method":"mining.ping"}"#),
    refused("a semicolon", #"{"id":1;"method":"mining.ping"}"#),
    refused("an equals sign", #"{"id"=1,"method":"mining.ping"}"#),
    refused("a key without quotes", #"{id:1,"method":"mining.ping"}"#),
    refused("a key that is a number", #"{1:1,"method":"mining.ping"}"#),
    refused("single quotes", "{'id':1,'method':'mining.ping'}"),
    refused("mismatched brackets", #"{"id":1,"method":"mining.ping","params":[}]"#),
    refused("an array closed twice", #"{"id":1,"method":"mining.ping","params":[]]}"#),
    refused("a comment", #"{"id":1,/* hello */"method":"mining.ping"}"#),
    refused("a member without a value", #"{"id":,"method":"mining.ping"}"#),
    refused("undefined", #"{"id":undefined,"method":"mining.ping"}"#),
    refused("a capital literal", #"{"id":NULL,"method":"mining.ping"}"#),
    refused("a literal that goes on", #"{"id":nullx,"method":"mining.ping"}"#),
    refused("a form feed between tokens", "{\"id\":1,\u{0c}\"method\":\"mining.ping\"}"),
    refused("a no-break space between tokens", "{\"id\":1,\u{a0}\"method\":\"mining.ping\"}"),
    refused("a NUL between tokens", "{\"id\":1,\u{0}\"method\":\"mining.ping\"}"),
  ]

  private static let numbers: [Entry] =
    [
      "NaN", "-NaN", "nan", "Infinity", "-Infinity", "+1", "01", "-01", "00", ".5", "5.", "-", "--1", "1e", "1e+",
      "1.e3",
      "0x10", "1_000", "1,5", "1.2.3", "1e2e3", "१", "1f", "0b1",
    ].map { refused("the difficulty \($0)", call("mining.suggest_difficulty", "[\($0)]")) }
    + [
      "0", "-1", "-0", "0.0", "-1e-5", "1e9999", "-1e9999", "1e-9999", "1" + String(repeating: "0", count: 400),
      "\"NaN\"", "\"inf\"", "\"1e9999\"", "\"-5\"", "\"0\"", "\"\"", "\" 5\"", "\"5 \"", "\"0x10\"", "\"1,5\"",
      "\"five\"", "\"+5\"", "null", "true", "[5]", "{\"value\":5}",
    ].map { refused("the suggestion \($0.prefix(12))", call("mining.suggest_difficulty", "[\($0)]")) }

  private static let strings: [Entry] = [
    refused("a NUL in a string", "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"a\u{0}b\",\"x\"]}"),
    refused("a tab in a string", "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"a\tb\",\"x\"]}"),
    refused("a carriage return in a string", "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"a\rb\",\"x\"]}"),
    refused("an escape sequence of a terminal", call("mining.authorize", "[\"\u{1b}[2J\",\"x\"]")),
    refused("an escaped NUL", call("mining.authorize", #"["a\u0000b","x"]"#)),
    refused("an escaped line feed", call("mining.authorize", #"["a\nb","x"]"#)),
    refused("an escaped backspace", call("mining.authorize", #"["a\bb","x"]"#)),
    refused("an escaped form feed", call("mining.authorize", #"["a\fb","x"]"#)),
    refused("an escaped terminal escape", call("mining.authorize", #"["\u001b[2J","x"]"#)),
    refused("a delete character", call("mining.authorize", "[\"a\u{7f}\",\"x\"]")),
    refused("a C1 control", call("mining.authorize", "[\"a\u{9b}\",\"x\"]")),
    refused("an escaped C1 control", call("mining.authorize", #"["a\u0085","x"]"#)),
    refused("a control in the password", call("mining.authorize", #"["a","x\u0007"]"#)),
    refused("a control in the user agent", call("mining.subscribe", #"["cg\u0001miner"]"#)),
    refused("a control in the session id", call("mining.subscribe", #"["cgminer","\u0002"]"#)),
    refused("a control in the submitting user", call("mining.submit", #"["a\u0000","1","00","00000000","00000000"]"#)),
    refused("an unknown escape", call("mining.authorize", #"["a\x41","x"]"#)),
    refused("an octal escape", call("mining.authorize", #"["a\101","x"]"#)),
    refused("a braced escape", call("mining.authorize", #"["a\u{41}","x"]"#)),
    refused("a capital U escape", call("mining.authorize", #"["a\U0041","x"]"#)),
    refused("a code unit with a letter", call("mining.authorize", #"["a\u00g1","x"]"#)),
    refused("a high surrogate alone", call("mining.authorize", #"["\ud83d","x"]"#)),
    refused("a low surrogate alone", call("mining.authorize", #"["\ude00","x"]"#)),
    refused("surrogates in the wrong order", call("mining.authorize", #"["\ude00\ud83d","x"]"#)),
    refused("two high surrogates", call("mining.authorize", #"["\ud83d\ud83d","x"]"#)),
    refused("a high surrogate and a letter", call("mining.authorize", #"["\ud83dA","x"]"#)),
    refused("a high surrogate and a BMP escape", call("mining.authorize", #"["\ud83d\u0041","x"]"#)),
  ]

  private static func user(_ bytes: [UInt8]) -> [UInt8] {
    Array(#"{"id":1,"method":"mining.authorize","params":["a"#.utf8) + bytes + Array(#"","x"]}"#.utf8)
  }

  private static let encodings: [Entry] = [
    refused("a continuation byte alone", bytes: user([0x80])),
    refused("byte FF", bytes: user([0xff])),
    refused("byte FE", bytes: user([0xfe])),
    refused("an overlong slash of two bytes", bytes: user([0xc0, 0xaf])),
    refused("an overlong NUL", bytes: user([0xc0, 0x80])),
    refused("lead byte C1", bytes: user([0xc1, 0xbf])),
    refused("an overlong form of three bytes", bytes: user([0xe0, 0x80, 0xaf])),
    refused("an overlong form of four bytes", bytes: user([0xf0, 0x80, 0x80, 0xaf])),
    refused("an encoded high surrogate", bytes: user([0xed, 0xa0, 0x80])),
    refused("an encoded low surrogate", bytes: user([0xed, 0xbf, 0xbf])),
    refused("beyond U+10FFFF", bytes: user([0xf4, 0x90, 0x80, 0x80])),
    refused("a five-byte form", bytes: user([0xf8, 0x88, 0x80, 0x80, 0x80])),
    refused("two bytes of three", bytes: user([0xe2, 0x82])),
    refused("three bytes of four", bytes: user([0xf0, 0x9f, 0x98])),
    refused("one byte of two", bytes: user([0xc3])),
    refused("Latin-1", bytes: user([0xe9])),
    refused(
      "bad UTF-8 in a key", bytes: Array(#"{"id":1,"method":"mining.ping",""#.utf8) + [0xff] + Array(#"":1}"#.utf8)),
    refused("bad UTF-8 in the id", bytes: Array(#"{"id":""#.utf8) + [0xff] + Array(#"","method":"mining.ping"}"#.utf8)),
    refused("bad UTF-8 in an unknown member", bytes: Array(#"{"id":1,"method":"x","y":""#.utf8) + [0xc3, 34, 125]),
    refused("a byte order mark", "\u{feff}" + ping),
    refused("UTF-16, big end first", bytes: ping.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
    refused("UTF-16, little end first", bytes: ping.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
    refused("gzip", bytes: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
  ]
}
