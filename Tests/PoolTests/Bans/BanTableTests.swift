import Orchestrator
import Pool
import Stratum
import TestSupport
import Testing

@Suite("Bans in the database")
struct BanTableTests {
  let now = UnixTime(seconds: 1_700_000_000)
  let address = NetworkAddress(ipv4: 0xc000_0207)

  private func ban(_ subject: BanSubject, until: UnixTime?) -> Ban {
    Ban(
      subject: subject, since: now, until: until, reason: "3 disconnections within an hour",
      evidence: [ViolationTally(violation: .invalidShare, count: 10, points: 100)], by: "auto", earlier: 2)
  }

  @Test("what holds is found again, with its evidence; what was lifted is not", arguments: Backend.allCases)
  func standing(_ backend: Backend) async throws {
    let folder = try TemporaryFolder("bans")
    let database = try await backend.database(in: folder)
    let held = ban(.address(address), until: now.advanced(by: 3600))
    let permanent = ban(.network(address.network), until: nil)
    let lifted = ban(.name("a.b", at: address), until: nil)
    let old = ban(.address(NetworkAddress(ipv4: 1)), until: now.advanced(by: -100))
    let now = now
    try await database.write { sql in
      try BanTable.append([.banned(held), .banned(permanent), .banned(lifted), .banned(old)], at: now, sql)
      try BanTable.append([.lifted(lifted.subject, by: "anna")], at: now, sql)
    }
    #expect(try await database.read { try BanTable.standing(at: now, memory: 0, $0) } == [held, permanent])
    #expect(try await database.read { try BanTable.standing(at: now, memory: 200, $0) } == [held, permanent, old])
    #expect(try await database.read { try BanTable.last($0) } == 5)
    let history = try await database.read { try BanTable.history(of: lifted.subject, limit: 10, $0) }
    #expect(history.map(\.change) == [.lifted(lifted.subject, by: "anna"), .banned(lifted)])
  }

  @Test("another node learns of everything that came after what it knows", arguments: Backend.allCases)
  func nodes(_ backend: Backend) async throws {
    let folder = try TemporaryFolder("bans")
    let database = try await backend.database(in: folder)
    let other = try await backend.another(database)
    let now = now
    let bans = (0..<5).map { ban(.address(NetworkAddress(ipv4: UInt32($0))), until: nil) }
    for ban in bans { _ = try await database.write { sql in try BanTable.append([.banned(ban)], at: now, sql) } }
    let first = try await other.read { try BanTable.records(after: 0, limit: 3, $0) }
    #expect(first.map(\.number) == [1, 2, 3])
    let rest = try await other.read { try BanTable.records(after: 3, limit: 3, $0) }
    #expect(rest.map(\.change) == bans[3...].map { .banned($0) })
  }

  @Test("reasons are counted by what led to the bans", arguments: Backend.allCases)
  func reasons(_ backend: Backend) async throws {
    let folder = try TemporaryFolder("bans")
    let database = try await backend.database(in: folder)
    let now = now
    var byHand = ban(.address(address), until: nil)
    byHand.evidence = []
    byHand.by = "anna"
    let changes = [
      BanTable.Change.banned(ban(.address(NetworkAddress(ipv4: 1)), until: nil)),
      .banned(ban(.address(NetworkAddress(ipv4: 2)), until: nil)), .banned(byHand),
    ]
    _ = try await database.write { sql in try BanTable.append(changes, at: now, sql) }
    let reasons = try await database.read { try BanStatistics.since(now, $0).reasons.map { "\($0.label) \($0.count)" } }
    #expect(reasons == ["invalid_share 2", "by anna 1"])
  }
}
