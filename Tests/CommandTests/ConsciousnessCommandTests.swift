import ArgumentParser
import Foundation
import Pool
import Stratum
import TestSupport
import Testing

@testable import zion

/// `zion consciousness` beside a database, as an operator uses it.
@Suite struct ConsciousnessCommandTests {
  let folder: TemporaryFolder
  let address = "ZION_" + String(repeating: "0A", count: 20)

  init() throws {
    folder = try TemporaryFolder("consciousness-commands")
    try write("alice.pem", Self.pem("PRIVATE KEY", "302e020100300506032b657004220420", Self.seed))
    try write("mallory.pem", Self.pem("PRIVATE KEY", "302e020100300506032b657004220420", Self.seed.reversed()))
    let key = try #require(Ed25519PrivateKey(seed: Self.seed))
    try write("alice.pub", Self.pem("PUBLIC KEY", "302a300506032b6570032100", key.publicKey.bytes))
    try write(
      "zion.yaml", "data: \(folder.url.path)\nlocal:\n  rewards: { consciousness_keys: [alice.pub] }\n")
  }

  private static let seed = [UInt8](0..<32)

  private static func pem(_ kind: String, _ head: String, _ key: [UInt8]) -> String {
    let body = Data((Hex.decode(head) ?? []) + key).base64EncodedString()
    return "-----BEGIN \(kind)-----\n\(body)\n-----END \(kind)-----\n"
  }

  private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: folder.url.appendingPathComponent(name))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(name))
  }

  private func database() async throws -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: path("pool.sqlite"))
    _ = try await database.migrate()
    return database
  }

  private func credit(_ arguments: String...) async throws {
    let all = arguments + ["--config", path("zion.yaml")]
    try await ConsciousnessCreditCommand.parse(all).run()
  }

  private func profile(_ database: SQLiteDatabase) async throws -> Profile? {
    let address = address
    return try await database.read { sql in
      try ConsciousnessStore.profile(of: address, today: UTCDay(UnixTime(seconds: 0)), sql)
    }
  }

  @Test func `a challenge is signed and credited in one go, once, under the account's one spelling`() async throws {
    let database = try await database()
    for _ in 0..<2 {
      try await credit(
        "--kind", "challenge", "--id", "quiz_crypto_basics", "--account", "ZION_" + String(repeating: "0a", count: 20),
        "--period", "2026-11-24", "--key", path("alice.pem"))
    }
    #expect(try await profile(database)?.experience == Experience(100))
    try await ConsciousnessShowCommand.parse([address, "--json", "--config", path("zion.yaml")]).run()
    try await ConsciousnessLeaderboardCommand.parse(["--config", path("zion.yaml")]).run()
  }

  @Test func `a credential that was signed elsewhere is credited from its file`() async throws {
    let database = try await database()
    let key = try KeyFiles.privateKey(at: path("alice.pem"))
    let credential = try Credential(
      kind: .karma(points: 3), account: address, period: "2026-W48", issuedAt: UnixTime(seconds: 1_700_000_000),
      issuer: key.publicKey.id)
    let page = CredentialPage(SignedCredential(credential, by: key))
    try write("karma.json", try JSONText.of(page))
    #expect(try CredentialPage.read(path("karma.json")) == SignedCredential(credential, by: key))
    try await credit("--file", path("karma.json"))
    #expect(try await profile(database)?.karma == 3)
    try write("more.json", try JSONText.of(page).replacing("\"points\" : 3", with: "\"points\" : 9"))
    await #expect(throws: ExitCode(1)) { try await credit("--file", path("more.json")) }
    #expect(try await profile(database)?.karma == 3)
  }

  @Test func `a stranger's key, a missing database and a wrong configuration have exit codes of their own`()
    async throws
  {
    let karma = ["--kind", "karma", "--points", "3", "--account", address, "--period", "2026-W48", "--key"]
    let command = try ConsciousnessCreditCommand.parse(karma + [path("alice.pem"), "--config", path("zion.yaml")])
    await #expect(throws: ExitCode(1), "no database") { try await command.run() }
    #expect(!FileManager.default.fileExists(atPath: path("pool.sqlite")))
    let database = try await database()
    let strange = try ConsciousnessCreditCommand.parse(karma + [path("mallory.pem"), "--config", path("zion.yaml")])
    await #expect(throws: ExitCode(1)) { try await strange.run() }
    #expect(try await profile(database) == nil)
    try write("wrong.yaml", "data: 1\nnonsense: 2\n")
    let wrong = try ConsciousnessCreditCommand.parse(karma + [path("alice.pem"), "--config", path("wrong.yaml")])
    await #expect(throws: ExitCode(78)) { try await wrong.run() }
    let unseen = try ConsciousnessShowCommand.parse([address, "--config", path("zion.yaml")])
    await #expect(throws: ExitCode(1)) { try await unseen.run() }
    #expect(try await profile(database) == nil)
  }

  @Test(
    arguments: [
      ["--kind", "karma"], ["--file", "x", "--kind", "karma"], [],
      ["--kind", "karma", "--account", "A", "--period", "2026-W48"],
    ]) func `options that do not fit together are refused at once`(arguments: [String])
  {
    #expect(throws: (any Error).self) { try ConsciousnessCreditCommand.parse(arguments) }
  }

  @Test func `a kind takes what is its own and nothing else`() throws {
    #expect(try CredentialKind.of("meditation", id: nil, minutes: 5, points: nil) == .meditation(minutes: 5))
    #expect(throws: StartError.self) { try CredentialKind.of("meditation", id: nil, minutes: nil, points: 5) }
    #expect(throws: StartError.self) { try CredentialKind.of("challenge", id: "x", minutes: 5, points: nil) }
    #expect(throws: StartError.self) { try CredentialKind.of("karma", id: nil, minutes: nil, points: nil) }
    #expect(throws: CredentialError.unknownKind("luck")) {
      try CredentialKind.of("luck", id: nil, minutes: nil, points: 5)
    }
  }

  @Test func `pages for people say what counts`() throws {
    var facts = MinerFacts(work: [.sha256d: ShareWork(hashes: Algorithm.sha256d.referenceWork.hashes * 100)])
    facts.maturedBlocks = 1
    let profile = Profile(account: "ZION_\u{1b}[31m", facts: facts, today: UTCDay(UnixTime(seconds: 0)))
    let page = ProfilePage(profile, [])
    #expect(page.lines.contains("level          2 💧 EMOTIONAL, Emotional Awareness - Feeling the Flow"))
    #expect(page.lines.contains("experience     3550 (1450 to MENTAL)"))
    #expect(page.lines.contains("multiplier     × 1.05"))
    #expect(LevelsPage().lines.count == 10)
    #expect(LevelsPage().lines.last?.contains("ON_THE_STAR") == true)
    let board = LeaderboardPage([LeaderboardEntry(account: "ZION_A", experience: Experience(1_000))])
    #expect(board.lines == ["place  account  level      experience", "    1  ZION_A   EMOTIONAL        1000"])
    #expect(LeaderboardPage([]).lines == ["nobody has a profile yet"])
  }
}
