import Foundation
import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct MaintenanceTests {
  let folder: TemporaryFolder
  private static let day: UInt64 = 86_400_000
  private static let firstDay = UInt64(testTime.seconds) * 1000 / day

  init() throws { folder = try TemporaryFolder("maintenance") }

  /// `count` shares, one a day from the first on.
  private func daily(_ count: Int, firstNumber: UInt32 = 0) -> [NumberedShare] {
    (0..<UInt32(count)).map { number in
      var share = ShareRecord.numbered(firstNumber + number)
      share.time = (Self.firstDay + UInt64(number)) * Self.day + 3_600_000
      return NumberedShare(sequence: UInt64(number) + 1, share: share)
    }
  }

  private func time(day: Int) -> UnixTime {
    UnixTime(seconds: UInt32((Int(Self.firstDay) + day) * 86_400 + 7_200))
  }

  private func partitions(_ store: PoolStore) async throws -> [Int] {
    try await store.database.status().pools.first?.days.map { Int($0) - Int(Self.firstDay) } ?? []
  }

  @Test(arguments: Backend.allCases)
  func `shares older than the retention go by whole days, and are not taken for new ones`(
    backend: Backend
  ) async throws {
    let store = try await backend.store(in: folder)
    let shares = daily(30)
    try await store.insert(shares, upTo: JournalPosition(segment: 1, offset: 100))
    try await store.maintain(now: time(day: 29), retentionDays: 10)
    let kept = try await Contents(of: store.database)
    #expect(kept.shares.count == 11)
    #expect(kept.gaps(in: "zion").first == 20)
    if backend == .postgres { #expect(try await partitions(store) == Array(19...31)) }
    // The journal is read again from its beginning: nothing of it counts once more.
    let again = try await store.insert(shares, upTo: JournalPosition(segment: 1, offset: 200))
    #expect(again == 0)
    #expect(try await Contents(of: store.database) == kept)
    #expect(try await store.poolTotals(now: time(day: 29)).map(\.shares) == [30])
  }

  @Test(arguments: Backend.allCases)
  func `a share of a day without a place still goes in, once`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.maintain(now: time(day: 0), retentionDays: 10)
    if backend == .postgres { #expect(try await partitions(store) == [0, 1, 2]) }
    // The database was away for longer than the retention, and a clock was wrong by a year.
    var late = daily(3)
    late[0].share.time -= 40 * Self.day
    late[1].share.time += 365 * Self.day
    let place = JournalPosition(segment: 1, offset: 50)
    #expect(try await store.insert([], of: "j", from: ShareJournal.beginning, upTo: place) == 0)
    let end = JournalPosition(segment: 1, offset: 90)
    #expect(try await store.insert(late, of: "j", from: place, upTo: end) == 3)
    #expect(try await store.insert(late, of: "j", from: place, upTo: end) == 0)
    #expect(try await store.poolTotals(now: time(day: 0)).map(\.shares) == [3])
    if backend == .postgres { #expect(try await partitions(store) == [-40, 0, 1, 2, 366]) }
    try await store.maintain(now: time(day: 0), retentionDays: 10)
    if backend == .postgres { #expect(try await partitions(store) == [0, 1, 2, 366]) }
    #expect(try await Contents(of: store.database).shares.count == 2)
  }

  @Test(arguments: Backend.allCases)
  func `sums over time stay as long as they are looked at`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.insert(daily(500), upTo: JournalPosition(segment: 1, offset: 100))
    try await store.maintain(now: time(day: 499), retentionDays: 600)
    let rows = try await store.database.read { sql in
      try sql.run("SELECT period, count(*) FROM rollups GROUP BY period ORDER BY period").rows.map {
        [try $0.integer(0), try $0.integer(1)]
      }
    }
    // Three owners each: a worker, its account and the pool.
    let expected: [[Int64]] = [[0, 3], [60, 6], [600, 93], [3600, 1200], [86_400, 1500]]
    #expect(rows == expected)
  }

  @Test(arguments: Backend.allCases)
  func `pages of the window go when all their shares are gone`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let shares = daily(8)
    try await store.insert(Array(shares[..<3]), upTo: JournalPosition(segment: 1, offset: 1))
    // As if a page and a half of shares had come meanwhile.
    _ = try await store.database.write { sql in
      try sql.run("UPDATE ordinals SET last = ?", .integer(3 << (ShareTake.pageBits - 1)))
    }
    try await store.insert(Array(shares[3...]), upTo: JournalPosition(segment: 1, offset: 2))
    let pages = { try await Contents(of: store.database).pages.count }
    #expect(try await pages() == 2)
    try await store.maintain(now: time(day: 10), retentionDays: 8)
    #expect(try await pages() == 2)
    try await store.maintain(now: time(day: 11), retentionDays: 8)
    #expect(try await pages() == 1)
    try await store.maintain(now: time(day: 60), retentionDays: 8)
    #expect(try await pages() == 1, "the page that the next share belongs to")
    #expect(try await Contents(of: store.database).shares.isEmpty)
  }

  @Test func `pools with names like those of partitions do not meet`() async throws {
    let database = try await Backend.postgres.database(in: folder)
    let names = ["zion", "zion_\(Self.firstDay)", "Zion", "a-b"]
    for name in names {
      let store = PoolStore(pool: name, database: database)
      try await store.maintain(now: time(day: 0), retentionDays: 8)
      #expect(try await store.insert(daily(2), upTo: JournalPosition(segment: 1, offset: 1)) == 2)
    }
    #expect(try await database.status().pools.map(\.days.count) == [3, 3, 3, 3])
    let odd = PoolStore(pool: "x'); DROP TABLE shares; --", database: database)
    await #expect(throws: StoreError.self) { try await odd.insert(daily(1), upTo: .init(segment: 1, offset: 1)) }
  }
}
