import NIOCore
import Testing

@testable import Proxy

@Suite struct VerifierDeskTests {
  private typealias Desk = VerifierDesk<Int>

  /// A desk in one place, on a clock of milliseconds, with shares that are numbers and take a millisecond.
  private final class Room {
    private var desk = Desk(at: .uptimeNanoseconds(0))
    var now: Int64 = 0

    private var time: NIODeadline { .uptimeNanoseconds(UInt64(now) * 1_000_000) }

    func add(_ items: Range<Int>) {
      for item in items {
        let isTaken = desk.queue.add(item, of: UInt64(item), cost: 1000, isBlock: false)
        #expect(isTaken)
      }
    }

    func take() -> Desk.Batch? { desk.take(at: time) { [$0.next()].compactMap { $0 } } }
    func relieve() -> Desk.Batch? { desk.relieve(at: time) { [$0.next()].compactMap { $0 } } }
    func finish(_ batch: Desk.Batch) -> Bool { desk.finish(batch) }

    /// The relief looks every 250 ms; `nil` each time.
    func look(until end: Int64) {
      while now < end {
        now += 250
        #expect(relieve() == nil)
      }
    }
  }

  @Test func `while the others have a tenth of a processor, the relief has nothing to do, however much waits`() throws {
    let room = Room()
    room.add(0..<10_000)
    for _ in 0..<40 {
      for _ in 0..<25 {
        let batch = try #require(room.take())
        #expect(room.finish(batch))
      }
      room.now += 250
      #expect(room.relieve() == nil)
    }
  }

  @Test func `work that comes now and then is left to the others`() throws {
    let room = Room()
    for item in 0..<40 {
      room.add(item..<(item + 1))
      let batch = try #require(room.take())
      #expect(room.finish(batch))
      room.now += 250
      #expect(room.relieve() == nil)
    }
  }

  @Test func `what waits while nobody takes anything goes to the relief, without a pause`() throws {
    let room = Room()
    room.add(0..<100)
    room.look(until: 250)
    room.now = 500
    for item in 0..<100 {
      let batch = try #require(room.relieve())
      #expect(batch.items == [item])
      #expect(room.finish(batch))
      room.now += 10
    }
    #expect(room.relieve() == nil)
    // What comes next need not wait for a new judgement.
    room.add(100..<101)
    #expect(try #require(room.relieve()).items == [100])
  }

  @Test func `the relief ends when the others get on again`() throws {
    let room = Room()
    room.add(0..<200)
    room.look(until: 250)
    room.now = 500
    #expect(room.relieve() != nil)
    for _ in 0..<25 {
      let batch = try #require(room.take())
      #expect(room.finish(batch))
    }
    room.now = 750
    #expect(room.relieve() == nil)
  }

  @Test func `a share that a thread has had for long is verified by the relief too, and answered once`() throws {
    let room = Room()
    room.add(1..<3)
    let slow = try #require(room.take())
    room.look(until: 250)
    room.now = 300
    let other = try #require(room.take())
    room.now = 500
    let again = try #require(room.relieve())
    #expect(again.items == slow.items)
    // Not a third time; and who took his later has time left.
    #expect(room.relieve() == nil)
    #expect(room.finish(again))
    #expect(!room.finish(slow))
    #expect(room.finish(other))
    #expect(!room.finish(other))
  }

  @Test func `a thread that is done before the relief answers, and the relief does not`() throws {
    let room = Room()
    room.add(1..<2)
    let slow = try #require(room.take())
    room.look(until: 250)
    room.now = 500
    let again = try #require(room.relieve())
    #expect(room.finish(slow))
    #expect(!room.finish(again))
  }

  @Test func `what was taken first is relieved first, before anything new`() throws {
    let room = Room()
    room.add(1..<4)
    let hands = [try #require(room.take()), try #require(room.take())]
    room.look(until: 250)
    room.now = 500
    let relieved = try (0..<3).map { _ in try #require(room.relieve()).items }
    #expect(relieved == hands.map(\.items) + [[3]])
  }
}
