import Stratum

/// What a key of the operator's choice says about an account: that a challenge was done, how long somebody meditated,
/// what the community thanks them for. Counts once by account, kind and period.
public struct Credential: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case challenge(Challenge)
    /// 1 to 1,440 minutes of the day that the period names.
    case meditation(minutes: UInt32)
    /// 1 to 1,000 points.
    case karma(points: UInt32)
  }

  public let kind: Kind
  public let account: String
  /// Upper-case letters, digits and `-`, at most 32: `2026-11-24`, `2026-W48`. For meditation it must be a day.
  public let period: String
  public let issuedAt: UnixTime
  /// Names the key that signs, in this program by its id (`Ed25519PublicKey.id`): `A-Za-z0-9._-`, at most 64.
  public let issuer: String

  public static let longestAccount = 128
  public static let longestPeriod = 32
  public static let longestIssuer = 64
  public static let mostKarma: UInt32 = 1_000
  public static let minutesOfDay: UInt32 = 1_440

  public init(
    kind: Kind, account: String, period: String, issuedAt: UnixTime, issuer: String
  ) throws(CredentialError) {
    guard (1...Self.longestAccount).contains(account.utf8.count) else { throw .account }
    guard (1...Self.longestPeriod).contains(period.utf8.count), period.utf8.allSatisfy(Self.isOfPeriod) else {
      throw .period
    }
    guard (1...Self.longestIssuer).contains(issuer.utf8.count), issuer.utf8.allSatisfy(Self.isOfIssuer) else {
      throw .issuer
    }
    switch kind {
    case .challenge: break
    case .meditation(let minutes):
      guard let day = UTCDay(period) else { throw .meditationNeedsDay(period) }
      guard (1...Self.minutesOfDay).contains(minutes) else { throw .minutes(minutes) }
      guard day <= UTCDay(issuedAt) else { throw .dayNotCome(period) }
    case .karma(let points):
      guard (1...Self.mostKarma).contains(points) else { throw .karma(points) }
    }
    self.kind = kind
    self.account = account
    self.period = period
    self.issuedAt = issuedAt
    self.issuer = issuer
  }

  private static func isOfPeriod(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"): true
    default: false
    }
  }

  private static func isOfIssuer(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: isOfPeriod(byte)
    }
  }

  /// The credential's name: of several with the same, the first counts. The account comes last and may hold anything.
  public var id: String {
    switch kind {
    case .challenge(let challenge): "challenge:\(challenge.rawValue)/\(period)/\(account)"
    case .meditation: "meditation/\(period)/\(account)"
    case .karma: "karma/\(period)/\(account)"
    }
  }
}

/// Why something is no credential.
public enum CredentialError: Error, Equatable, Sendable {
  case account, period, issuer
  case unknownKind(String)
  case unknownChallenge(String)
  case notANumber(String)
  case meditationNeedsDay(String)
  case dayNotCome(String)
  case minutes(UInt32)
  case karma(UInt32)
  /// The bytes are not those of a credential of this version.
  case malformed
}

extension CredentialError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .account: "a credential needs an account of 1 to \(Credential.longestAccount) bytes"
    case .period:
      "a credential's period has 1 to \(Credential.longestPeriod) of A-Z, 0-9 and '-', such as 2026-11-24 or 2026-W48"
    case .issuer: "a credential's issuer has 1 to \(Credential.longestIssuer) of A-Z, a-z, 0-9, '.', '_' and '-'"
    case .unknownKind(let text): "'\(text)' is no kind of credential: expected challenge, meditation or karma"
    case .unknownChallenge(let text):
      "there is no challenge '\(text)': known are \(Challenge.allCases.map(\.rawValue).joined(separator: ", "))"
    case .notANumber(let text): "'\(text)' is no number of minutes or points"
    case .meditationNeedsDay(let text): "meditation is credited by the day: expected YYYY-MM-DD, not '\(text)'"
    case .dayNotCome(let text): "meditation on \(text) cannot be credited by something issued before that day"
    case .minutes(let minutes): "\(minutes) minutes of meditation: a day has 1 to \(Credential.minutesOfDay)"
    case .karma(let points): "\(points) points of karma: expected 1 to \(Credential.mostKarma)"
    case .malformed: "these bytes are no credential of version \(Credential.version)"
    }
  }
}
