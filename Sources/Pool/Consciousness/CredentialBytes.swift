import Stratum

extension Credential {
  /// Of the canonical form.
  public static let version: UInt8 = 1
  private static let magic = Array("ZION credential".utf8)

  /// What is signed: `ZION credential`, the version (1 byte), the time of issue (4 bytes), then kind, value, account,
  /// period and issuer, each as its length (2 bytes) and its UTF-8. The value is the challenge's id or a number in
  /// decimal. All numbers big-endian.
  ///
  /// There is exactly one form for each credential, and no two have the same.
  public var canonicalBytes: [UInt8] {
    var bytes = Self.magic + [Self.version]
    for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: issuedAt.seconds >> shift)) }
    for text in [kind.name, kind.value, account, period, issuer] {
      let field = Array(text.utf8)
      // Every text is bounded far below 2^16 bytes.
      bytes += [UInt8(truncatingIfNeeded: field.count >> 8), UInt8(truncatingIfNeeded: field.count)] + field
    }
    return bytes
  }

  /// The credential with this canonical form.
  /// - Throws: `.malformed`, or what `init(kind:…)` finds wrong.
  public init(canonicalBytes bytes: [UInt8]) throws(CredentialError) {
    var rest = bytes[...]
    func take(_ count: Int) throws(CredentialError) -> ArraySlice<UInt8> {
      guard rest.count >= count else { throw .malformed }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func number(_ count: Int) throws(CredentialError) -> UInt32 {
      try take(count).reduce(0) { $0 << 8 | UInt32($1) }
    }
    func text() throws(CredentialError) -> String {
      guard let text = String(validating: try take(Int(try number(2))), as: UTF8.self) else { throw .malformed }
      return text
    }
    guard try take(Self.magic.count).elementsEqual(Self.magic), try number(1) == Self.version else {
      throw .malformed
    }
    let issuedAt = UnixTime(seconds: try number(4))
    let kind = try Kind(name: try text(), value: try text())
    try self.init(
      kind: kind, account: try text(), period: try text(), issuedAt: issuedAt, issuer: try text())
    guard rest.isEmpty, canonicalBytes == bytes else { throw .malformed }
  }
}

extension Credential.Kind {
  /// `challenge`, `meditation` or `karma`.
  public var name: String {
    switch self {
    case .challenge: "challenge"
    case .meditation: "meditation"
    case .karma: "karma"
    }
  }

  /// The challenge's id, the minutes, or the points.
  public var value: String {
    switch self {
    case .challenge(let challenge): challenge.rawValue
    case .meditation(let minutes): "\(minutes)"
    case .karma(let points): "\(points)"
    }
  }

  /// From what `name` and `value` gave.
  public init(name: String, value: String) throws(CredentialError) {
    switch name {
    case "challenge":
      guard let challenge = Challenge(rawValue: value) else { throw .unknownChallenge(value) }
      self = .challenge(challenge)
    case "meditation":
      guard let minutes = UInt32(value) else { throw .notANumber(value) }
      self = .meditation(minutes: minutes)
    case "karma":
      guard let points = UInt32(value) else { throw .notANumber(value) }
      self = .karma(points: points)
    default: throw .unknownKind(name)
    }
  }
}
