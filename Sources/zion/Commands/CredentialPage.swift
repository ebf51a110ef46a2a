import Foundation
import Pool
import Stratum

/// A signed credential as a file.
///
///     { "kind": "challenge", "id": "quiz_crypto_basics", "account": "ZION_…", "period": "2026-11-24",
///       "issuedAt": 1795500000, "issuer": "0123456789abcdef", "signature": "128 hex digits" }
///
/// `id` belongs to `challenge`, `minutes` to `meditation`, `points` to `karma`. `issuer` is the id of the key: the first 16
/// hex digits of the SHA-256 of its 32 bytes. The signature (Ed25519) is over `Credential.canonicalBytes`.
struct CredentialPage: Codable, Equatable {
  let kind: String
  var id: String?
  var minutes: UInt32?
  var points: UInt32?
  let account: String
  let period: String
  let issuedAt: UInt32
  let issuer: String
  let signature: String

  init(_ signed: SignedCredential) {
    let credential = signed.credential
    kind = credential.kind.name
    switch credential.kind {
    case .challenge(let challenge): id = challenge.rawValue
    case .meditation(let minutes): self.minutes = minutes
    case .karma(let points): self.points = points
    }
    account = credential.account
    period = credential.period
    issuedAt = credential.issuedAt.seconds
    issuer = credential.issuer
    signature = Hex.encode(signed.signature)
  }

  /// - Throws: `StartError` or `CredentialError`: what is wrong.
  func signed() throws -> SignedCredential {
    guard let bytes = Hex.decode(signature) else { throw StartError("the signature is not in hex digits") }
    let credential = try Credential(
      kind: try CredentialKind.of(kind, id: id, minutes: minutes, points: points), account: account, period: period,
      issuedAt: UnixTime(seconds: issuedAt), issuer: issuer)
    return SignedCredential(credential, signature: bytes)
  }

  static func read(_ path: String) throws -> SignedCredential {
    let text: String
    do throws(TextFile.Unreadable) {
      text = try TextFile.read(path)
    } catch {
      throw StartError("\(path) cannot be read: \(error.reason)")
    }
    guard let page = try? JSONDecoder().decode(CredentialPage.self, from: Data(text.utf8)) else {
      throw StartError("\(path) is no credential: zion consciousness sign writes one")
    }
    do {
      return try page.signed()
    } catch {
      throw StartError("\(path): \(error)")
    }
  }
}

enum CredentialKind {
  /// What is given must be what the kind takes, and nothing else.
  static func of(_ kind: String, id: String?, minutes: UInt32?, points: UInt32?) throws -> Credential.Kind {
    switch (kind, id, minutes, points) {
    case ("challenge", let id?, nil, nil): try Credential.Kind(name: kind, value: id)
    case ("meditation", nil, let minutes?, nil): .meditation(minutes: minutes)
    case ("karma", nil, nil, let points?): .karma(points: points)
    case ("challenge", _, _, _): throw StartError("a challenge is named by its id, and by nothing else")
    case ("meditation", _, _, _): throw StartError("meditation takes minutes, and nothing else")
    case ("karma", _, _, _): throw StartError("karma takes points, and nothing else")
    default: throw CredentialError.unknownKind(kind)
    }
  }
}
