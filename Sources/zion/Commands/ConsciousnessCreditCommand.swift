import ArgumentParser
import Foundation
import Pool
import Stratum

/// What a credential says.
struct CredentialOptionGroup: ParsableArguments {
  @Option(help: "challenge, meditation or karma.")
  var kind: String?

  @Option(help: "Of a challenge: which one, such as quiz_crypto_basics.")
  var id: String?

  @Option(help: "Of meditation: 1 to 1440, on the day that --period names.")
  var minutes: UInt32?

  @Option(help: "Of karma: 1 to 1000.")
  var points: UInt32?

  @Option(help: "Whom it is for: the address that miners log in with.")
  var account: String?

  @Option(help: "Counts once by account and period: a day such as 2026-11-24, or a week such as 2026-W48.")
  var period: String?

  @Option(help: "The issuer's private key (PEM, Ed25519), readable by nobody else.")
  var key: String?

  var isEmpty: Bool {
    kind == nil && id == nil && minutes == nil && points == nil && account == nil && period == nil && key == nil
  }

  /// What an option holds that cannot be missing.
  static func need(_ value: String?, _ option: String) throws(ValidationError) -> String {
    guard let value else { throw ValidationError("--\(option) is missing") }
    return value
  }

  func validate() throws {
    guard !isEmpty else { return }
    for (value, option) in [(kind, "kind"), (account, "account"), (period, "period"), (key, "key")] {
      _ = try Self.need(value, option)
    }
  }

  func signed(for account: (String) throws -> String, at now: UnixTime) throws -> SignedCredential {
    let key = try KeyFiles.privateKey(at: try Self.need(key, "key"))
    let credential = try Credential(
      kind: try CredentialKind.of(try Self.need(kind, "kind"), id: id, minutes: minutes, points: points),
      account: try account(try Self.need(self.account, "account")), period: try Self.need(period, "period"),
      issuedAt: now, issuer: key.publicKey.id)
    return SignedCredential(credential, by: key)
  }
}

struct ConsciousnessCreditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credit", abstract: "Credit a challenge, meditation or karma to an account.",
    discussion: """
      Either says what to credit, with --key to sign it, or gives a --file that was signed elsewhere. The public half of
      the key must be one of local.rewards.consciousness_keys. The same credential again changes nothing.
      Exit code 0: credited, now or before. 1: refused, or the database cannot be used. 78: wrong configuration.
      """)

  @OptionGroup var credential: CredentialOptionGroup

  @Option(help: "A credential that zion consciousness sign wrote, instead of all of the above.")
  var file: String?

  @OptionGroup var place: DatabaseArguments
  @Flag(help: "Print JSON, for programs.")
  var json = false

  struct Page: Codable, Equatable {
    let id: String
    /// `false`: it was credited before.
    let isNew: Bool
    /// The level that the account came to by it, if it is another one than before.
    let newLevel: String?
  }

  func validate() throws {
    guard credential.isEmpty == (file != nil) else {
      throw ValidationError("give either --file, or --kind with --account, --period and --key")
    }
  }

  func run() async throws {
    try await place.use { configuration, database in
      let local = configuration.local
      let now = Clocks.wall()
      let signed =
        try file.map(CredentialPage.read) ?? credential.signed(for: local.canonical, at: now)
      guard try local.canonical(signed.credential.account) == signed.credential.account else {
        throw StartError("\(signed.credential.account) is credited in another spelling: sign it for that one")
      }
      let desk = CredentialDesk(try local.rewards.credentialKeys.map(KeyFiles.publicKey))
      let outcome = try await ConsciousnessStore.credit(signed, desk: desk, at: now, in: database)
      let page =
        switch outcome {
        case .alreadyCredited: Page(id: signed.credential.id, isNew: false, newLevel: nil)
        case .credited(let step): Page(id: signed.credential.id, isNew: true, newLevel: step?.level.name)
        }
      try JSONText.show(page, asJSON: json, else: [Self.sentence(page)])
    }
  }

  static func sentence(_ page: Page) -> String {
    guard page.isNew else { return "\(page.id) was credited before; nothing changed" }
    return "\(page.id) credited" + (page.newLevel.map { "; the account is \($0) now" } ?? "")
  }
}

struct ConsciousnessSignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a credential, for zion consciousness credit --file.",
    discussion: """
      Needs neither a configuration nor a database: the key can stay on another machine. Prints JSON:
        { "kind": "challenge", "id": "quiz_crypto_basics", "account": "ZION_…", "period": "2026-11-24",
          "issuedAt": 1795500000, "issuer": "0123456789abcdef", "signature": "128 hex digits" }
      with "minutes" instead of "id" for meditation, and "points" for karma. The account is taken as it is written.
      Exit code 0: signed. 1: it is no credential, or the key cannot be used.
      """)

  @OptionGroup var credential: CredentialOptionGroup

  func validate() throws {
    guard !credential.isEmpty else { throw ValidationError("--kind is missing") }
  }

  func run() async throws {
    try await CommandFailure.explained {
      let signed = try credential.signed(for: { $0 }, at: Clocks.wall())
      print(try JSONText.of(CredentialPage(signed)))
    }
  }
}
