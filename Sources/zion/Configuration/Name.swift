/// Checks of the words that operators choose.
enum Name {
  /// Sources appear in URLs, metrics labels and commands.
  static func source(_ text: String) throws(Wrong) -> String {
    let isGood = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { isWord($0) || $0 == 45 }
    // `zion move --to auto` gives miners back to the policy.
    guard text != "auto" else { throw Wrong("“auto” is a word of `zion move`", "another name") }
    return try check(text, isGood: isGood, "is not a pool's name", "1 to 32 of A-Z a-z 0-9 _ -")
  }

  /// An operator's own word: a region, a tag.
  static func word(_ text: String) throws(Wrong) -> String {
    let isGood = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { isWord($0) || $0 == 45 }
    return try check(text, isGood: isGood, "is not a word", "1 to 32 of A-Z a-z 0-9 _ -")
  }

  /// Where a web page comes from, as browsers say it: in lower case, without a path.
  static func origin(_ text: String) throws(Wrong) -> String {
    let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let isGood =
      text == "*"
      || parts.count == 2 && ["http", "https"].contains(parts[0]) && isPrintable(String(parts[1]), limit: 255)
        && !parts[1].isEmpty && !parts[1].contains("/")
    return try check(text, isGood: isGood, "is not an origin", "https://HOST, http://HOST:PORT or *").lowercased()
  }

  /// A name in which `*` stands for any letters.
  static func pattern(_ text: String) throws(Wrong) -> String {
    try check(text, isGood: isPrintable(text, limit: 256), "is not a pattern of names", "such as rig1 or rig*")
  }

  static func network(_ text: String) throws(Wrong) -> String {
    let isGood =
      (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    return try check(text, isGood: isGood, "is not a network's name", "1 to 32 of a-z 0-9 -")
  }

  static func user(_ text: String) throws(Wrong) -> String {
    try check(text, isGood: isPrintable(text, limit: 256), "is not a user name", "your account at the pool")
  }

  static func password(_ text: String) throws(Wrong) -> String {
    // Not repeated in the message.
    guard text.utf8.count <= 256, text.utf8.allSatisfy({ (32...126).contains($0) }) else {
      throw Wrong("this is not a password", "at most 256 printable ASCII characters")
    }
    return text
  }

  static func token(_ text: String) throws(Wrong) -> String {
    guard isPrintable(text, limit: 512) else {
      throw Wrong("this is not a token", "1 to 512 printable ASCII characters without spaces")
    }
    return text
  }

  static func address(_ text: String) throws(Wrong) -> String {
    let isGood = (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { isWord($0) || $0 == 58 }
    return try check(text, isGood: isGood, "is not an address", "ZION_ and 40 hex digits, or an address of the node")
  }

  static func path(_ text: String) throws(Wrong) -> String {
    try check(text, isGood: !text.isEmpty && text.utf8.count <= 1024, "is not a path", "a path below 1024 bytes")
  }

  static func symbol(_ text: String) throws(Wrong) -> String {
    let isGood = (1...10).contains(text.utf8.count) && text.utf8.allSatisfy { (65...90).contains($0) }
    return try check(text, isGood: isGood, "is not a coin's symbol", "1 to 10 capital letters")
  }

  static func coinbaseTag(_ text: String) throws(Wrong) -> String {
    let isGood = text.utf8.count <= 20 && text.utf8.allSatisfy { (32...126).contains($0) }
    return try check(text, isGood: isGood, "is not a coinbase tag", "at most 20 printable ASCII characters")
  }

  /// A template of upstream user names.
  static func workerTemplate(_ text: String) throws(Wrong) -> String {
    guard isPrintable(text, limit: 256) else {
      throw Wrong("“\(text)” is not a user name", "such as \"{account}.{worker}\"")
    }
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      let close = rest[open...].firstIndex(of: "}")
      let name = rest[rest.index(after: open)..<(close ?? rest.endIndex)]
      guard let close, ["account", "worker", "miner"].contains(name) else {
        throw Wrong("“{\(name)” is no placeholder", "{account}, {worker} or {miner}")
      }
      rest = rest[rest.index(after: close)...]
    }
    return text
  }

  private static func check(_ text: String, isGood: Bool, _ what: String, _ instead: String) throws(Wrong) -> String {
    guard isGood else { throw Wrong("“\(text.prefix(64))” \(what)", instead) }
    return text
  }

  private static func isPrintable(_ text: String, limit: Int) -> Bool {
    (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || byte == 95
  }
}
