import Foundation
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

@Suite struct JournalRecoveryTests {
  /// A journal's segments after these shares, the last segment first ended where `segments` says.
  private func filled(_ count: UInt32, segmentByteCount: Int = 64 << 20) async throws -> FakeStorage {
    let storage = FakeStorage()
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = segmentByteCount
    let journal = try ShareJournal(storage, settings: settings)
    let outlet = journal.attach { _, _ in }
    for number in 0..<count {
      #expect(journal.append(number, to: outlet) == .queued)
      await journal.flush()
    }
    return storage
  }

  private var recordByteCount: Int {
    var bytes: [UInt8] = []
    JournalFormat.append(.numbered(0), sequence: 0, to: &bytes)
    return bytes.count
  }

  @Test func `a restart goes on with the numbers and knows recent duplicates`() async throws {
    let storage = try await filled(5)
    let journal = try ShareJournal(storage)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    #expect(journal.append(3, to: outlet) == .refused(.duplicate))
    #expect(journal.append(5, to: outlet) == .queued)
    await journal.flush()
    let (numbers, shares, damages) = try journal.readAll()
    #expect(numbers == [0, 1, 2, 3, 4, 5])
    #expect(shares.map(\.sequence) == [1, 2, 3, 4, 5, 6])
    #expect(damages.isEmpty && journal.damages.isEmpty)
  }

  @Test func `shares older than ten minutes are not kept in mind`() async throws {
    let storage = try await filled(2)
    let later = try ShareJournal(storage: storage, now: testTime.advanced(by: 601), log: quiet)
    let outlet = later.attach { _, _ in }
    #expect(later.append(0, to: outlet) == .queued)
  }

  @Test func `the last segment may end at any byte`() async throws {
    let whole = try await filled(4).copy
    let bytes = try #require(whole[1]).written
    for cut in 0..<bytes.count {
      let storage = FakeStorage([1: FakeStorage.Segment(written: Array(bytes.prefix(cut)), synced: cut)])
      let journal = try ShareJournal(storage)
      let kept = max(0, cut - JournalFormat.headerByteCount) / recordByteCount
      let (numbers, _, damages) = try journal.readAll()
      #expect(numbers == Array(0..<UInt32(kept)), "cut at \(cut)")
      #expect(damages.isEmpty, "cut at \(cut)")
      let torn = cut > JournalFormat.headerByteCount && (cut - JournalFormat.headerByteCount) % recordByteCount != 0
      #expect(journal.damages.count == (torn ? 1 : 0), "cut at \(cut)")
      // And once more: the end is clean now.
      #expect(try ShareJournal(storage).damages.isEmpty)
    }
  }

  @Test func `zeros at the end are a torn end`() async throws {
    let storage = try await filled(3)
    storage.state.withLock { $0.segments[1]?.written += [UInt8](repeating: 0, count: 5_000) }
    let journal = try ShareJournal(storage)
    #expect(try journal.readAll().numbers == [0, 1, 2])
    #expect(
      journal.damages == [
        .tornTail(
          file: "fake/1", offset: JournalFormat.headerByteCount + 3 * recordByteCount, removedByteCount: 5_000)
      ])
  }

  @Test func `damage before whole records is reported and nothing is cut`() async throws {
    let storage = try await filled(5)
    let length = try #require(storage.copy[1]).written.count
    let place = JournalFormat.headerByteCount + 2 * recordByteCount
    storage.state.withLock { $0.segments[1]?.written[place + 20] ^= 1 }
    let journal = try ShareJournal(storage)
    let expected = JournalDamage.damaged(file: "fake/1", offset: place, unreadByteCount: length - place)
    #expect(journal.damages == [expected])
    #expect(storage.copy[1]?.written.count == length)
    let (numbers, _, damages) = try journal.readAll()
    #expect(numbers == [0, 1])
    #expect(damages == [expected])
  }

  @Test func `damage in an older segment is reported and the next segment is read`() async throws {
    let storage = try await filled(9, segmentByteCount: 32 + 3 * recordByteCount)
    #expect(storage.segments() == [1, 2, 3])
    storage.state.withLock { $0.segments[2]?.written[40 + recordByteCount] ^= 0xff }
    let journal = try ShareJournal(storage)
    let (numbers, _, damages) = try journal.readAll()
    #expect(numbers == [0, 1, 2, 3, 6, 7, 8])
    let expected = JournalDamage.damaged(
      file: "fake/2", offset: 32 + recordByteCount, unreadByteCount: 2 * recordByteCount)
    #expect(damages == [expected])
    #expect(journal.damages == [expected])
  }

  @Test(arguments: [JournalRecovery.highestNumber + 1, UInt64.max])
  func `a segment or share with a number that leaves none for us is refused, and named`(number: UInt64) {
    var record: [UInt8] = []
    JournalFormat.append(.numbered(0), sequence: number, to: &record)
    JournalFormat.seal(&record)
    for (segment, first) in [(number, 1), (1, number), (1, 1)] as [(UInt64, UInt64)] {
      let bytes = JournalFormat.header(segment: segment, firstSequence: first) + record
      let storage = FakeStorage([segment: FakeStorage.Segment(written: bytes, synced: bytes.count)])
      #expect(throws: JournalError.exhausted(file: "fake/\(segment)")) { try ShareJournal(storage) }
      #expect(storage.copy[segment]?.written == bytes)
    }
  }

  /// A power cut leaves what was synced and any part of what was not.
  @Test(arguments: 0..<40)
  func `whatever a power cut leaves, what was acknowledged can be read`(seed: UInt64) async throws {
    struct Cut: Sendable {
      var segments: [UInt64: FakeStorage.Segment]
      var accepted: Set<UInt32>
    }
    let cuts = Mutex<[Cut]>([])
    let answers = Answers()
    let storageBox = Mutex<FakeStorage?>(nil)
    // Acknowledged first, disk second: an answer may come between, but never the other way round.
    let cut: @Sendable () -> Void = {
      let accepted = answers.accepted
      guard let segments = storageBox.withLock({ $0 })?.copy else { return }
      cuts.withLock { $0.append(Cut(segments: segments, accepted: accepted)) }
    }
    let storage = FakeStorage(beforeSync: cut, afterSync: cut)
    storageBox.withLock { $0 = storage }
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = 3_000
    let journal = try ShareJournal(storage, settings: settings)
    let outlet = answers.attach(to: journal)
    var random = SeededRandom(seed: seed)
    for number in 0..<UInt32(200) {
      if Int.random(in: 0..<40, using: &random) == 0 {
        storage.fail(Bool.random(using: &random) ? .sync : .write(after: Int.random(in: 0..<300, using: &random)))
      }
      _ = journal.append(number, to: outlet)
      if Int.random(in: 0..<4, using: &random) == 0 { await journal.flush() }
      if number % 10 == 0 {
        try await eventually("the disk works again", every: .milliseconds(1)) { journal.health == .healthy }
      }
    }
    await journal.flush()
    cut()
    #expect(answers.accepted.count > 20)
    for cut in cuts.withLock({ $0 }) {
      let left = cut.segments.mapValues { segment in
        let kept = Int.random(in: segment.synced...max(segment.synced, segment.written.count), using: &random)
        return FakeStorage.Segment(written: Array(segment.written.prefix(kept)), synced: kept)
      }
      let numbers = try ShareJournal(FakeStorage(left)).readAll(limit: 50).numbers
      #expect(cut.accepted.isSubset(of: numbers))
      #expect(Set(numbers).count == numbers.count)
    }
    storageBox.withLock { $0 = nil }
  }
}

@Suite struct JournalStartTests {
  /// Seed 8 of `zion chaos`: killed on a full disk, the pool could not be started, and its miners had nowhere to go.
  @Test func `a journal that cannot be written at start says so, refuses shares, and goes on when it can`() async throws
  {
    let storage = FakeStorage()
    let before = try ShareJournal(storage)
    let old = Answers()
    let outlet = old.attach(to: before)
    _ = before.append(1, to: outlet)
    await before.close()
    storage.state.withLock { $0.isFull = true }

    let journal = try ShareJournal(storage)
    let answers = Answers()
    let after = answers.attach(to: journal)
    #expect(journal.health == .unavailable(reason: FakeStorage.error.description))
    #expect(journal.append(2, to: after) == .refused(.storageUnavailable))
    #expect(try journal.readAll().numbers == [1])
    storage.state.withLock { $0.isFull = false }
    try await eventually("the journal can be written") { journal.health == .healthy }
    #expect(answers.events.contains(.health(.healthy)))
    #expect(journal.append(3, to: after) == .queued)
    await journal.close()
    #expect(answers.accepted == [3])
    #expect(try journal.readAll().numbers == [1, 3])
    #expect(try ShareJournal(storage).readAll().numbers == [1, 3])
  }
}

extension JournalStartTests {
  /// Seed 35 of `zion chaos`: what the run before wrote could not be synced, and the pool could not be started.
  @Test func `a journal that cannot be read back at start is read back when it can`() async throws {
    let storage = FakeStorage()
    let before = try ShareJournal(storage)
    let old = Answers()
    let outlet = old.attach(to: before)
    _ = before.append(1, to: outlet)
    await before.close()
    storage.fail(.sync, .sync, .sync)

    let journal = try ShareJournal(storage)
    let answers = Answers()
    let after = answers.attach(to: journal)
    try await eventually("the journal can be written") { journal.health == .healthy }
    #expect(journal.append(1, to: after) == .refused(.duplicate))
    #expect(journal.append(2, to: after) == .queued)
    await journal.close()
    #expect(answers.accepted == [2])
    #expect(try journal.readAll().numbers == [1, 2])
    #expect(storage.state.withLock { $0.failures.isEmpty })
  }
}

/// The same with a real directory.
@Suite struct JournalDirectoryTests {
  @Test func `copies of the directory at any time hold what was acknowledged before`() async throws {
    let folder = try TemporaryFolder("journal")
    let path = folder.url.appendingPathComponent("shares").path
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = 20_000
    let journal = try ShareJournal(directory: path, now: testTime, settings: settings, log: quiet)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    let writer = Task.detached {
      for number in 0..<UInt32(3_000) {
        _ = journal.append(number, to: outlet)
        if number % 50 == 0 { await journal.flush() }
      }
      await journal.close()
    }
    for index in 0..<10 {
      let accepted = answers.accepted
      let copy = folder.url.appendingPathComponent("copy\(index)")
      // A segment may appear while the directory is copied: file by file, as a crash would leave them.
      try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
      for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
        try FileManager.default.copyItem(
          at: URL(fileURLWithPath: path).appendingPathComponent(name), to: copy.appendingPathComponent(name))
      }
      let numbers = try ShareJournal(directory: copy.path, now: testTime, log: quiet).readAll(limit: 500).numbers
      #expect(accepted.isSubset(of: numbers))
      try await eventually("more shares") { answers.accepted.count > accepted.count || answers.accepted.count == 3_000 }
    }
    await writer.value
    #expect(try journal.readAll(limit: 500).numbers == Array(0..<3_000))
  }

  @Test func `one process at a time has the journal`() throws {
    let folder = try TemporaryFolder("journal")
    let journal = try ShareJournal(directory: folder.url.path, now: testTime, log: quiet)
    #expect(throws: JournalError.inUse(path: folder.url.path)) {
      try ShareJournal(directory: folder.url.path, now: testTime, log: quiet)
    }
    #expect(journal.health == .healthy)
  }

  @Test func `a directory that cannot be made is named`() {
    #expect(throws: JournalError.system(call: "mkdir", path: "/proc/zion", errno: ENOENT)) {
      try ShareJournal(directory: "/proc/zion", now: testTime, log: quiet)
    }
  }
}
