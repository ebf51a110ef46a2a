import Stratum

/// Decides which credentials are accepted.
public struct CredentialDesk: Sendable {
  /// Whether `signature` over `message` is that issuer's.
  public typealias Verify = @Sendable (_ signature: [UInt8], _ message: [UInt8]) -> Bool

  /// How far an issuer's clock may be ahead.
  static let clockSkewSeconds: UInt32 = 600
  private let issuers: [String: Verify]

  /// - Parameter issuers: by the name of the key. Who takes a key out takes back nothing that was accepted.
  public init(issuers: [String: Verify]) { self.issuers = issuers }

  /// Accepts or throws. Whether the same credential was accepted before is the store's to know: it counts once by `id`.
  /// - Parameter level: the account's, now.
  public func check(
    _ credential: Credential, signature: [UInt8], level: ConsciousnessLevel, at now: UnixTime
  ) throws(CredentialRefusal) {
    guard let verify = issuers[credential.issuer] else { throw .unknownIssuer(credential.issuer) }
    guard verify(signature, credential.canonicalBytes) else { throw .badSignature(issuer: credential.issuer) }
    guard credential.issuedAt <= now.advanced(by: Int64(Self.clockSkewSeconds)) else { throw .fromTheFuture }
    if case .challenge(let challenge) = credential.kind, level < challenge.requiredLevel {
      throw .levelTooLow(challenge, level)
    }
  }
}

/// Why a credential is not accepted.
public enum CredentialRefusal: Error, Equatable, Sendable {
  case unknownIssuer(String)
  case badSignature(issuer: String)
  case fromTheFuture
  /// The challenge, and the level that the account has.
  case levelTooLow(Challenge, ConsciousnessLevel)
}

extension CredentialRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownIssuer(let issuer): "no key '\(issuer)' may issue credentials here: add it to the configuration"
    case .badSignature(let issuer): "the signature is not by the key '\(issuer)' over exactly this credential"
    case .fromTheFuture: "the credential is issued in the future: check the issuer's clock"
    case .levelTooLow(let challenge, let level):
      "\(challenge.rawValue) needs the level \(challenge.requiredLevel.name), and the account is at \(level.name)"
    }
  }
}
