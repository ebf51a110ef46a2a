import Stratum

/// A credential and the signature of its issuer over its canonical bytes.
public struct SignedCredential: Sendable, Hashable {
  public var credential: Credential
  public var signature: [UInt8]

  public init(_ credential: Credential, signature: [UInt8]) {
    self.credential = credential
    self.signature = signature
  }

  /// Signs it. The credential's issuer should be the id of the key.
  public init(_ credential: Credential, by key: Ed25519PrivateKey) {
    self.init(credential, signature: key.signature(of: credential.canonicalBytes))
  }
}

extension CredentialDesk {
  /// Accepts what these keys sign; an issuer's name is the key's id.
  public init(_ keys: some Sequence<Ed25519PublicKey>) {
    let issuers = keys.map { key in
      (key.id, { @Sendable (signature: [UInt8], message: [UInt8]) in key.verifies(signature, of: message) })
    }
    self.init(issuers: Dictionary(issuers) { first, _ in first })
  }
}

/// What became of a credential that was not refused.
public enum CreditOutcome: Equatable, Sendable {
  /// The level that the account came to by it, if that is another one than before.
  case credited(LevelStep?)
  /// It was before, and nothing changed.
  case alreadyCredited
}

/// Why a credential is not credited.
public enum CreditRefusal: Error, Equatable, Sendable {
  case desk(CredentialRefusal)
  /// Something else was credited under the same id.
  case otherContent(id: String, credited: Credential.Kind)
}

extension CreditRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .desk(let refusal): "\(refusal)"
    case .otherContent(let id, let credited):
      "\(id) is credited already, with another value (\(credited.value)): a credential counts once by account and period"
    }
  }
}

/// The credentials that were accepted. They are never changed or taken back.
enum CredentialTable {
  /// Accepts a credential once. That another key signed the same again, or at another time, changes nothing.
  /// - Throws: `CreditRefusal`.
  static func credit(
    _ signed: SignedCredential, desk: CredentialDesk, at now: UnixTime, _ sql: any SQL
  ) throws -> CreditOutcome {
    let credential = signed.credential
    let row = try sql.first("SELECT body FROM credentials WHERE id = ?", .text(credential.id))
    let credited = try row.map { try Self.credential($0, column: 0) }
    // Who had the level when it was credited may have lost it since.
    let level =
      try credited != nil
      ? .onTheStar
      : ConsciousnessStore.profile(of: credential.account, today: UTCDay(now), sql)?.level ?? .physical
    do throws(CredentialRefusal) {
      try desk.check(credential, signature: signed.signature, level: level, at: now)
    } catch {
      throw CreditRefusal.desk(error)
    }
    if let credited {
      guard credited.kind == credential.kind else {
        throw CreditRefusal.otherContent(id: credential.id, credited: credited.kind)
      }
      return .alreadyCredited
    }
    try sql.run(
      "INSERT INTO credentials (id, account, body, signature, at) VALUES (?, ?, ?, ?, ?)", .text(credential.id),
      .text(credential.account), .bytes(credential.canonicalBytes), .bytes(signed.signature), .time(now))
    return .credited(try ProfileTable.update([credential.account], at: now, sql).first)
  }

  static func credential(_ row: SQLRow, column: Int) throws -> Credential {
    let bytes = try row.bytes(column)
    do throws(CredentialError) {
      return try Credential(canonicalBytes: bytes)
    } catch {
      throw StoreError.malformed("a credential: \(error)")
    }
  }
}

extension ConsciousnessStore {
  /// Verifies a credential and credits it, once; the account's profile follows at once.
  /// - Throws: `CreditRefusal`, or `StoreError`.
  public static func credit(
    _ signed: SignedCredential, desk: CredentialDesk, at now: UnixTime, in database: any Database
  ) async throws -> CreditOutcome {
    try await database.write { sql in try CredentialTable.credit(signed, desk: desk, at: now, sql) }
  }
}
