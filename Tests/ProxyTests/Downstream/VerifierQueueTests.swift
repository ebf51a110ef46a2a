import Stratum
import TestSupport
import Testing

@testable import Proxy

@Suite struct VerifierQueueTests {
  private struct Item: Hashable, Sendable {
    let session: UInt64
    let number: Int
    let cost: Int
  }

  /// A queue in one place, so that what is done to it can stand in an expectation.
  private final class Line {
    private var queue = VerifierQueue<Item>()
    private var number = 0

    var count: Int { queue.count }
    var isEmpty: Bool { queue.isEmpty }
    var waiting: Int { queue.waiting }

    /// `nil` when it is not taken.
    func add(_ session: UInt64 = 1, cost: Int, isBlock: Bool = false) -> Item? {
      number += 1
      let item = Item(session: session, number: number, cost: cost)
      return queue.add(item, of: session, cost: cost, isBlock: isBlock) ? item : nil
    }

    /// How many of `count` equal items are taken.
    func add(count: Int, _ session: UInt64 = 1, cost: Int, isBlock: Bool = false) -> Int {
      (0..<count).count { _ in add(session, cost: cost, isBlock: isBlock) != nil }
    }

    func next() -> Item? { queue.next() }
  }

  private typealias Limits = VerifierQueue<Item>
  /// What one turn pays for, in microseconds.
  private static let quantum = 1000
  private static let costs = Algorithm.allCases.filter(\.isHeavy).map(\.verifyMicroseconds)

  @Test(arguments: 0..<25)
  func `sessions that always have work get the same time, whatever they mine`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let costs = (0..<Int.random(in: 2...5, using: &random)).map { _ in Self.costs.randomElement(using: &random) ?? 1 }
    let line = Line()
    var (added, served) = (costs.map { _ in 0 }, costs.map { _ in 0 })
    for _ in 0..<1000 {
      for (index, cost) in costs.enumerated() where added[index] - served[index] < 2 * cost {
        added[index] += line.add(count: 1, UInt64(index), cost: cost) * cost
      }
      let item = try #require(line.next())
      served[Int(item.session)] += item.cost
      let (least, most) = (served.min() ?? 0, served.max() ?? 0)
      #expect(most - least <= Self.quantum + (costs.max() ?? 0))
    }
  }

  @Test(arguments: 0..<25)
  func `whoever floods delays a neighbour by what its turns pay for, and no more`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let line = Line()
    let flood = Self.costs.randomElement(using: &random) ?? 1
    let own = Self.costs.randomElement(using: &random) ?? 1
    let turns = (own + Self.quantum - 1) / Self.quantum
    for _ in 0..<10 {
      while line.add(cost: flood) != nil {}
      for _ in 0..<Int.random(in: 0..<10, using: &random) { _ = line.next() }
      #expect(line.add(2, cost: own) != nil)
      var before = 0
      while try #require(line.next()).session != 2 {
        before += 1
        while line.add(cost: flood) != nil {}
      }
      #expect(before * flood < turns * Self.quantum + flood)
      // Of items that cost more than a turn pays for, that is one a turn at the most.
      if flood >= Self.quantum { #expect(before <= turns) }
    }
  }

  @Test(arguments: 0..<25)
  func `nothing is lost or comes twice, and each session's work stays in order`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let line = Line()
    var waiting: [UInt64: [Item]] = [:]
    func take() -> Bool {
      guard let item = line.next() else { return false }
      #expect(waiting[item.session]?.first == item)
      waiting[item.session]?.removeFirst()
      return true
    }
    for _ in 0..<600 {
      let hasWork = waiting.values.contains { !$0.isEmpty }
      if Int.random(in: 0..<100, using: &random) < 65 {
        let session = UInt64.random(in: 0..<4, using: &random)
        let cost = Self.costs.randomElement(using: &random) ?? 1
        if let item = line.add(session, cost: cost, isBlock: Int.random(in: 0..<20, using: &random) == 0) {
          waiting[session, default: []].append(item)
        }
      } else {
        #expect(take() == hasWork)
      }
      #expect(line.count == waiting.values.reduce(0) { $0 + $1.count })
      #expect(line.waiting == waiting.values.joined().reduce(0) { $0 + $1.cost })
      #expect(line.isEmpty == (line.count == 0))
    }
    while take() {}
    #expect(waiting.values.allSatisfy { $0.isEmpty })
    #expect(line.isEmpty && line.waiting == 0)
  }

  @Test func `a session may have four tenths of a second of one core waiting, and its neighbours as much`() {
    let line = Line()
    #expect(line.add(count: 200, cost: 4000) == 100)
    #expect(line.waiting == Limits.waitingPerSession)
    #expect(line.add(count: 200, 2, cost: 8000) == 50)
    #expect(line.next()?.session == 1)
    #expect(line.add(cost: 8000) == nil, "that is more than was taken")
    #expect(line.add(count: 2, cost: 4000) == 1)
    #expect(line.add(2, cost: 8000) == nil)
  }

  @Test func `sixteen blocks of a session are taken beyond its limit`() {
    let line = Line()
    let count = line.add(count: 1000, cost: 6000)
    #expect(line.add(count: 40, cost: 6000, isBlock: true) == Limits.blocksPerSession)
    #expect(Limits.blocksPerSession == 16 && line.count == count + 16)
    #expect(line.add(cost: 6000) == nil)
    #expect(line.add(count: 40, 2, cost: 6000, isBlock: true) == 40, "these are within the limit")
    while line.next() != nil {}
    #expect(line.add(cost: 6000) != nil)
  }

  @Test func `a full queue is busy for everyone's shares, and for nobody's blocks`() {
    let line = Line()
    var session: UInt64 = 0
    while line.count < Limits.waitingInAll {
      session += 1
      _ = line.add(count: 100, session, cost: 1)
    }
    #expect(line.add(0, cost: 1) == nil)
    #expect(line.add(0, cost: 1, isBlock: true) != nil)
    #expect(line.next() != nil && line.count == Limits.waitingInAll)
    #expect(line.add(0, cost: 1) == nil)
    #expect(line.next() != nil)
    #expect(line.add(0, cost: 1) != nil)
  }
}
