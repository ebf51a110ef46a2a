import CScheduler
import Dispatch
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

@Suite struct ShareJournalTests {
  @Test func `shares are acknowledged after the sync, and everything queued meanwhile by the next one`() async throws {
    let order = Mutex<[String]>([])
    let gate = DispatchSemaphore.forHeader()
    let storage = FakeStorage(
      beforeSync: { gate.wait() }, afterSync: { order.withLock { $0.append("synced") } })
    let journal = try ShareJournal(storage)
    let outlet = journal.attach { tickets, outcome in
      order.withLock { $0.append("\(outcome) \(tickets.map(\.sequence))") }
    }
    #expect(journal.append(1, to: outlet) == .queued)
    // The first write cannot end before the gate opens; these wait for the second.
    try await eventually("the first share is being written") {
      storage.copy[1].map { $0.written.count > JournalFormat.headerByteCount } ?? false
    }
    for number in 2...4 { #expect(journal.append(UInt32(number), to: outlet) == .queued) }
    #expect(order.withLock { $0 } == ["synced"])
    gate.signal()
    gate.signal()
    await journal.flush()
    #expect(order.withLock { $0 } == ["synced", "synced", "accepted [1]", "synced", "accepted [2, 3, 4]"])
    #expect(try journal.readAll().numbers == [1, 2, 3, 4])
  }

  @Test func `the thread that writes and answers asks for the processor in short pieces`() async throws {
    let slice = Mutex<UInt64?>(nil)
    let journal = try ShareJournal(FakeStorage())
    let outlet = journal.attach { _, _ in
      var attributes = zion_sched_attr()
      if zion_sched_getattr(&attributes) == 0 { slice.withLock { $0 = attributes.runtime } }
    }
    #expect(journal.append(1, to: outlet) == .queued)
    await journal.flush()
    let said = try #require(slice.withLock { $0 })
    // Before Linux 6.12 there is none.
    #expect(said == 100_000 || said == 0)
  }

  /// Found by "failing disks and databases leave every acknowledged share stored once", seed 4, now and then.
  @Test func `shares that were refused are not read, also when they were the first of their segment`() async throws {
    let syncs = Mutex(0)
    let disk = Mutex<FakeStorage?>(nil)
    // The header of 1, share 1, the header of 2, share 2.
    let storage = FakeStorage(beforeSync: {
      let count = syncs.withLock { count in
        count += 1
        return count
      }
      if count == 4 { disk.withLock { $0 }?.fail(.sync) }
    })
    disk.withLock { $0 = storage }
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = JournalFormat.headerByteCount + 1
    let journal = try ShareJournal(storage, settings: settings)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    for number in [1, 2] as [UInt32] {
      #expect(journal.append(number, to: outlet) == .queued)
      await journal.flush()
    }
    #expect(answers.outcomes == [1: .accepted, 2: .rejected(.storageUnavailable)])
    try await eventually("the disk works again") { journal.health == .healthy }
    #expect(try journal.readAll().numbers == [1])
    #expect(journal.append(2, to: outlet) == .queued)
    await journal.flush()
    #expect(try journal.readAll().numbers == [1, 2])
  }

  @Test func `each outlet gets its own answers, in one call for a batch`() async throws {
    let gate = DispatchSemaphore.forHeader()
    let journal = try ShareJournal(FakeStorage(beforeSync: { gate.wait() }))
    let (first, second) = (Answers(), Answers())
    let outlets = [first.attach(to: journal), second.attach(to: journal)]
    for number in 0..<40 { #expect(journal.append(UInt32(number), to: outlets[number % 2]) == .queued) }
    gate.signal()
    gate.signal()
    await journal.flush()
    let numbers = Set<UInt32>(0..<40)
    #expect(first.accepted == numbers.filter { $0 % 2 == 0 })
    #expect(second.accepted == numbers.filter { $0 % 2 == 1 })
    #expect(first.batches.count <= 2 && second.batches.count <= 2)
  }

  @Test func `a hash counts once, until two blocks and twice ten minutes have passed`() async throws {
    let journal = try ShareJournal(FakeStorage())
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    #expect(journal.append(1, to: outlet) == .queued)
    #expect(journal.append(1, to: outlet) == .refused(.duplicate))
    await journal.flush()
    let blocks = (1...2).map { Hash256(number: UInt256(UInt64($0))) }
    journal.blockChanged(to: blocks[0])
    journal.blockChanged(to: blocks[0])
    #expect(journal.append(1, to: outlet, after: 599) == .refused(.duplicate))
    #expect(journal.append(1, to: outlet, after: 600) == .refused(.duplicate))
    #expect(journal.append(1, to: outlet, after: 9000) == .refused(.duplicate), "no block since")
    journal.blockChanged(to: blocks[1])
    #expect(journal.append(1, to: outlet, after: 1199) == .refused(.duplicate))
    #expect(journal.append(1, to: outlet, after: 1200) == .queued)
    await journal.flush()
    #expect(answers.batches == [1, 1])
  }

  @Test func `a full queue refuses and forgets nothing`() async throws {
    let gate = DispatchSemaphore.forHeader()
    var settings = ShareJournal.Settings.quick
    settings.pendingLimit = 3
    let journal = try ShareJournal(FakeStorage(beforeSync: { gate.wait() }), settings: settings)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    let admissions = (0..<20).map { journal.append($0, to: outlet) }
    let queued = Set((0..<UInt32(20)).filter { admissions[Int($0)] == .queued })
    // Three wait; up to three more are with the writing thread.
    #expect((3...6).contains(queued.count))
    #expect(admissions.allSatisfy { $0 == .queued || $0 == .refused(.storageUnavailable) })
    for _ in 0..<4 { gate.signal() }
    await journal.flush()
    #expect(answers.accepted == queued)
  }

  @Test func `a text beyond the limit is refused`() throws {
    let journal = try ShareJournal(FakeStorage())
    let outlet = journal.attach { _, _ in }
    let share = ShareRecord.numbered(1, account: String(repeating: "a", count: ShareRecord.longestText + 1))
    #expect(
      journal.append(share, ticket: ShareTicket(session: 1, sequence: 1), outlet: outlet)
        == .refused(.storageUnavailable))
  }

  @Test(arguments: 0..<4)
  func `after a failure nothing of the batch counts, and the journal recovers by itself`(kind: Int) async throws {
    let storage = FakeStorage()
    let journal = try ShareJournal(storage)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    #expect(journal.append(1, to: outlet) == .queued)
    await journal.flush()
    switch kind {
    case 0: storage.fail(.write(after: 0))
    case 1: storage.fail(.write(after: 50))
    case 2: storage.fail(.sync)
    default: storage.fail(.sync, .create, .create)
    }
    #expect(journal.append(2, to: outlet) == .queued)
    try await eventually("the journal is healthy again") {
      answers.events.last == .health(.healthy)
    }
    #expect(answers.outcomes[2] == .rejected(.storageUnavailable))
    #expect(answers.events.contains(.health(.unavailable(reason: FakeStorage.error.description))))
    // Not stored, so not a duplicate.
    #expect(journal.append(2, to: outlet) == .queued)
    #expect(journal.append(3, to: outlet) == .queued)
    await journal.flush()
    #expect(answers.accepted == [1, 2, 3])
    #expect(try journal.readAll().numbers == [1, 2, 3])
    #expect(storage.segments().count == 2)
    #expect(journal.health == .healthy)
  }

  @Test func `shares are refused at once while the journal cannot be written`() async throws {
    let storage = FakeStorage()
    var settings = ShareJournal.Settings()
    settings.retrySeconds = 3600...3600
    let journal = try ShareJournal(storage, settings: settings)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    storage.fail(.sync)
    #expect(journal.append(1, to: outlet) == .queued)
    try await eventually("the failure is known") { answers.outcomes[1] != nil }
    #expect(answers.outcomes[1] == .rejected(.storageUnavailable))
    #expect(journal.append(2, to: outlet) == .refused(.storageUnavailable))
    #expect(try journal.readAll().numbers.isEmpty)
  }

  @Test func `segments follow each other and are read as one`() async throws {
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = 400
    let storage = FakeStorage()
    let journal = try ShareJournal(storage, settings: settings)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    for number in 0..<60 {
      #expect(journal.append(UInt32(number), to: outlet) == .queued)
      if number % 3 == 0 { await journal.flush() }
    }
    await journal.flush()
    let (numbers, shares, damages) = try journal.readAll()
    #expect(numbers == Array(0..<60))
    #expect(damages.isEmpty)
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
    #expect(storage.segments().count > 5)
  }

  @Test func `segments are removed when they were read and are old`() async throws {
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = 100
    let storage = FakeStorage()
    let journal = try ShareJournal(storage, settings: settings)
    let outlet = journal.attach { _, _ in }
    for number in 0..<4 {
      #expect(journal.append(UInt32(number), to: outlet) == .queued)
      await journal.flush()
    }
    #expect(storage.segments() == [1, 2, 3, 4])
    storage.state.withLock { $0.times = [1: UnixTime(seconds: 10), 3: UnixTime(seconds: 10)] }
    try journal.discard(before: 3, notWrittenSince: UnixTime(seconds: 20))
    #expect(storage.segments() == [2, 3, 4], "2 is young, 3 is not read")
    try journal.discard(before: 99, notWrittenSince: UnixTime(seconds: .max))
    #expect(storage.segments() == [4], "the last is being written")
    #expect(try journal.readAll().numbers == [3])
  }

  @Test func `a closed journal answers what it has and refuses the rest`() async throws {
    let journal = try ShareJournal(FakeStorage())
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    for number in 0..<50 { #expect(journal.append(UInt32(number), to: outlet) == .queued) }
    await journal.close()
    #expect(answers.accepted.count == 50)
    #expect(journal.append(99, to: outlet) == .refused(.storageUnavailable))
  }
}

extension DispatchSemaphore {
  /// Lets one sync pass: the one of the first segment's header.
  static func forHeader() -> DispatchSemaphore {
    let semaphore = DispatchSemaphore(value: 0)
    semaphore.signal()
    return semaphore
  }
}
