import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct CreditTests {
  let key: Ed25519PrivateKey
  let stranger: Ed25519PrivateKey
  let desk: CredentialDesk

  init() throws {
    key = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32)))
    stranger = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 2, count: 32)))
    desk = CredentialDesk([key.publicKey])
  }

  private func signed(
    _ kind: Credential.Kind, account: String = "ZION_A", period: String = "2026-11-24", issuer: String? = nil,
    issuedAt: UnixTime = testTime, by signer: Ed25519PrivateKey? = nil
  ) throws -> SignedCredential {
    SignedCredential(
      try Credential(
        kind: kind, account: account, period: period, issuedAt: issuedAt, issuer: issuer ?? key.publicKey.id),
      by: signer ?? key)
  }

  private func credit(
    _ signed: SignedCredential, _ game: GameUnderTest, at now: UnixTime = testTime
  ) async throws -> CreditOutcome {
    try await ConsciousnessStore.credit(signed, desk: desk, at: now, in: game.database)
  }

  @Test(arguments: Backend.allCases)
  func `a credential is credited once, and the profile follows at once`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let karma = try signed(.karma(points: 10), period: "2026-W48")
    guard case .credited(let step) = try await credit(karma, game) else {
      Issue.record("not credited")
      return
    }
    // 10 × 250, and the achievement of a helpful soul.
    #expect(step?.level == .mental)
    #expect(try await game.leaderboard(1) == [LeaderboardEntry(account: "ZION_A", experience: Experience(5_000))])
    let stored = try await (game.stored(), game.rowCounts())
    #expect(try await credit(karma, game, at: testTime.advanced(by: 60)) == .alreadyCredited)
    let again = try signed(.karma(points: 10), period: "2026-W48", issuedAt: testTime.advanced(by: 5))
    #expect(try await credit(again, game, at: testTime.advanced(by: 60)) == .alreadyCredited)
    #expect(try await (game.stored(), game.rowCounts()) == stored)
    // Another period is another credential.
    #expect(try await credit(signed(.karma(points: 1), period: "2026-W49"), game) == .credited(nil))
    #expect(try await game.profile("ZION_A")?.karma == 11)
  }

  @Test(arguments: Backend.allCases)
  func `other content under the same id is refused, and changes nothing`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    _ = try await credit(signed(.meditation(minutes: 30)), game)
    let stored = try await (game.stored(), game.rowCounts())
    await #expect(
      throws: CreditRefusal.otherContent(id: "meditation/2026-11-24/ZION_A", credited: .meditation(minutes: 30))
    ) {
      try await credit(signed(.meditation(minutes: 1_440)), game)
    }
    #expect(try await (game.stored(), game.rowCounts()) == stored)
  }

  @Test(arguments: Backend.allCases)
  func `what is forged, altered, taken from another account or signed by a stranger is refused`(
    backend: Backend
  ) async throws {
    let game = try await GameUnderTest(backend)
    let good = try signed(.challenge(.quizCryptoBasics))
    let elsewhere = try signed(.challenge(.quizCryptoBasics), account: "ZION_B").credential
    let longer = try signed(.challenge(.quizCryptoBasics), period: "2026-11-25").credential
    var flipped = good
    flipped.signature[7] ^= 1
    let forged: [SignedCredential] = [
      SignedCredential(elsewhere, signature: good.signature), SignedCredential(longer, signature: good.signature),
      flipped, SignedCredential(good.credential, signature: []),
      try signed(.challenge(.quizCryptoBasics), by: stranger),
    ]
    for forged in forged {
      await #expect(throws: CreditRefusal.desk(.badSignature(issuer: key.publicKey.id))) {
        try await credit(forged, game)
      }
    }
    await #expect(throws: CreditRefusal.desk(.unknownIssuer(stranger.publicKey.id))) {
      try await credit(
        signed(.challenge(.quizCryptoBasics), issuer: stranger.publicKey.id, by: stranger), game)
    }
    #expect(try await game.rowCounts().allSatisfy { $0 == 0 })
    #expect(try await credit(good, game) == .credited(try await game.history("ZION_A").first))
    // A credential that is known is no reason to believe whoever shows it.
    await #expect(throws: CreditRefusal.desk(.badSignature(issuer: key.publicKey.id))) {
      try await credit(flipped, game)
    }
  }

  @Test(arguments: Backend.allCases)
  func `a challenge needs its level, and stays credited when the level is lost`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let talk = try signed(.challenge(.conversationConsciousness))
    await #expect(throws: CreditRefusal.desk(.levelTooLow(.conversationConsciousness, .physical))) {
      try await credit(talk, game)
    }
    let block = try await game.find("ZION_A", .mature)
    #expect(try await credit(talk, game) == .credited(try await game.history("ZION_A").last))
    try await game.change(block, to: .orphaned)
    _ = try await game.keeper().update()
    #expect(try await game.profile("ZION_A")?.level == .physical)
    #expect(try await game.profile("ZION_A")?.challenges == 1)
    #expect(try await credit(talk, game) == .alreadyCredited)
  }

  @Test(arguments: Backend.allCases)
  func `of many who credit the same at once one does`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let quiz = try signed(.challenge(.quizCryptoBasics))
    let (database, desk) = (game.database, desk)
    let outcomes = try await withThrowingTaskGroup(of: CreditOutcome.self) { group in
      for _ in 0..<8 {
        group.addTask { try await ConsciousnessStore.credit(quiz, desk: desk, at: testTime, in: database) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count { $0 == .alreadyCredited } == 7)
    #expect(try await game.profile("ZION_A")?.experience == Experience(100))
    #expect(try await game.rowCounts()[2] == 1)
  }
}
