import Stratum
import TestSupport
import Testing

@testable import Pool

struct CredentialTests {
  private func credential(
    _ kind: Credential.Kind = .karma(points: 3), account: String = "ZION_A", period: String = "2026-W48",
    issuedAt: UInt32 = 1_795_500_000, issuer: String = "temple.1"
  ) throws(CredentialError) -> Credential {
    try Credential(
      kind: kind, account: account, period: period, issuedAt: UnixTime(seconds: issuedAt), issuer: issuer)
  }

  @Test func `what is signed is written down byte by byte`() throws {
    let bytes = try credential(.challenge(.learningQuantum), account: "ä").canonicalBytes
    let fields = ["challenge", "learning_quantum", "ä", "2026-W48", "temple.1"]
    var expected = Array("ZION credential".utf8) + [1, 0x6b, 0x05, 0x27, 0xe0]
    for field in fields { expected += [0, UInt8(field.utf8.count)] + Array(field.utf8) }
    #expect(bytes == expected)
  }

  @Test func `a credential comes back from its bytes, and no other bytes are one`() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let original = try Credential.random(&random, account: "ZION_\(seed)")
      let bytes = original.canonicalBytes
      #expect(try Credential(canonicalBytes: bytes) == original)
      for length in bytes.indices {
        #expect(throws: CredentialError.malformed) { try Credential(canonicalBytes: Array(bytes.prefix(length))) }
      }
      #expect(throws: CredentialError.malformed) { try Credential(canonicalBytes: bytes + [0]) }
      for place in bytes.indices {
        var changed = bytes
        changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        // Refused, or another credential: never the same one twice.
        let read = try? Credential(canonicalBytes: changed)
        #expect(read != original)
        if let read { #expect(read.canonicalBytes == changed) }
      }
    }
  }

  @Test func `numbers have one spelling`() throws {
    let bytes = try credential(.karma(points: 3)).canonicalBytes
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [0, 1, UInt8(ascii: "3")]) })
    for spelling in ["03", "+3"] {
      let changed = Array(bytes[..<place]) + [0, 2] + Array(spelling.utf8) + Array(bytes[(place + 3)...])
      #expect(throws: CredentialError.malformed) { try Credential(canonicalBytes: changed) }
    }
  }

  @Test func `texts and numbers have bounds`() throws {
    #expect(throws: CredentialError.account) { try credential(account: "") }
    #expect(throws: CredentialError.account) { try credential(account: String(repeating: "a", count: 129)) }
    for period in ["", "2026-w48", "2026/11", "A B", String(repeating: "1", count: 33)] {
      #expect(throws: CredentialError.period) { try credential(period: period) }
    }
    for issuer in ["", "a b", "a/b", String(repeating: "a", count: 65)] {
      #expect(throws: CredentialError.issuer) { try credential(issuer: issuer) }
    }
    for points in [0, 1001, .max] as [UInt32] {
      #expect(throws: CredentialError.karma(points)) { try credential(.karma(points: points)) }
    }
    for minutes in [0, 1441, .max] as [UInt32] {
      #expect(throws: CredentialError.minutes(minutes)) {
        try credential(.meditation(minutes: minutes), period: "2026-11-24")
      }
    }
    _ = try credential(.meditation(minutes: 1440), period: "2026-11-24")
    #expect(throws: CredentialError.unknownChallenge("x")) { try Credential.Kind(name: "challenge", value: "x") }
    #expect(throws: CredentialError.unknownKind("x")) { try Credential.Kind(name: "x", value: "1") }
    #expect(throws: CredentialError.notANumber("-1")) { try Credential.Kind(name: "karma", value: "-1") }
  }

  @Test func `meditation is of one day that has begun`() throws {
    let kind = Credential.Kind.meditation(minutes: 60)
    #expect(throws: CredentialError.meditationNeedsDay("2026-W48")) { try credential(kind) }
    let day = try #require(UTCDay("2026-11-24"))
    let begin = UInt32(day.number) * 86_400
    #expect(throws: CredentialError.dayNotCome("2026-11-24")) {
      try credential(kind, period: "2026-11-24", issuedAt: begin - 1)
    }
    _ = try credential(kind, period: "2026-11-24", issuedAt: begin)
  }

  @Test func `the id names account, kind and period, and not how much`() throws {
    #expect(try credential(.challenge(.meditationBreath)).id == "challenge:meditation_breath/2026-W48/ZION_A")
    #expect(try credential(.karma(points: 3)).id == "karma/2026-W48/ZION_A")
    let short = try credential(.meditation(minutes: 5), period: "2026-11-24", issuer: "a")
    let long = try credential(.meditation(minutes: 9), period: "2026-11-24", issuer: "b")
    #expect(short.id == "meditation/2026-11-24/ZION_A")
    #expect(short.id == long.id)
  }

  @Test func `only what a known key signed, in time and for a high enough level, is accepted`() throws {
    // Stands for a signature: the key's byte, then the message.
    func issuer(_ key: UInt8) -> CredentialDesk.Verify { { signature, message in signature == [key] + message } }
    let desk = CredentialDesk(issuers: ["temple.1": issuer(1), "temple.2": issuer(2)])
    let now = UnixTime(seconds: 1_795_500_000)
    let teaching = try credential(.challenge(.communityTeaching))
    let signature = [1] + teaching.canonicalBytes
    try desk.check(teaching, signature: signature, level: .sacred, at: now)
    try desk.check(teaching, signature: signature, level: .onTheStar, at: now)

    #expect(throws: CredentialRefusal.levelTooLow(.communityTeaching, .mental)) {
      try desk.check(teaching, signature: signature, level: .mental, at: now)
    }
    #expect("\(CredentialRefusal.levelTooLow(.communityTeaching, .mental))".contains("SACRED"))
    #expect(throws: CredentialRefusal.badSignature(issuer: "temple.1")) {
      try desk.check(teaching, signature: [2] + teaching.canonicalBytes, level: .sacred, at: now)
    }
    let other = try credential(.challenge(.communityTeaching), account: "ZION_B")
    #expect(throws: CredentialRefusal.badSignature(issuer: "temple.1")) {
      try desk.check(other, signature: signature, level: .sacred, at: now)
    }
    let stranger = try credential(issuer: "nobody")
    #expect(throws: CredentialRefusal.unknownIssuer("nobody")) {
      try desk.check(stranger, signature: [1] + stranger.canonicalBytes, level: .sacred, at: now)
    }
    let late = UnixTime(seconds: 1_795_500_000 - 601)
    #expect(throws: CredentialRefusal.fromTheFuture) {
      try desk.check(teaching, signature: signature, level: .sacred, at: late)
    }
    try desk.check(teaching, signature: signature, level: .sacred, at: UnixTime(seconds: late.seconds + 1))
  }
}
