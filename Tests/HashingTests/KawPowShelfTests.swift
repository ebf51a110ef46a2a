import Stratum
import Testing

@testable import Hashing

/// Events in, actions out.
struct KawPowShelfTests {
  private var shelf = KawPowShelf()

  private func epoch(_ number: UInt32) throws -> KawPowEpoch { try #require(KawPowEpoch(number: number)) }
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds) }

  /// Needs some epochs, in their middles.
  private mutating func need(_ numbers: UInt32..., by user: Int = 1, at seconds: Double = 0) -> [KawPowShelf.Action] {
    shelf.need(Set(numbers.map { $0 * 7500 + 3000 }), by: user, at: at(seconds))
  }

  @Test mutating func `a needed epoch is made, once`() throws {
    #expect(need(5) == [.make(try epoch(5), ahead: false)])
    #expect(need(5) == [])
    #expect(shelf.made(try epoch(5), at: at(3)) == [])
    #expect(need(5, by: 2) == [])
    #expect(shelf.ticked(at: at(10_000)) == [])
  }

  @Test mutating func `the next epoch is made 200 heights ahead, after what is needed now`() throws {
    #expect(shelf.need([7299], by: 1, at: at(0)) == [.make(try epoch(0), ahead: false)])
    #expect(shelf.made(try epoch(0), at: at(1)) == [])
    #expect(shelf.need([7300], by: 1, at: at(2)) == [.make(try epoch(1), ahead: true)])
    #expect(need(9, by: 2, at: 3) == [])
    #expect(shelf.made(try epoch(1), at: at(4)) == [.make(try epoch(9), ahead: false)])
  }

  @Test mutating func `an epoch that nobody needs lingers ten minutes`() throws {
    _ = need(5)
    _ = shelf.made(try epoch(5), at: at(1))
    #expect(shelf.need([], by: 1, at: at(100)) == [])
    #expect(shelf.ticked(at: at(699)) == [])
    #expect(shelf.ticked(at: at(700)) == [.drop(try epoch(5))])
  }

  @Test mutating func `an epoch that is needed again lingers anew`() throws {
    _ = need(5)
    _ = shelf.made(try epoch(5), at: at(1))
    _ = shelf.need([], by: 1, at: at(100))
    #expect(need(5, by: 2, at: 600) == [])
    #expect(shelf.ticked(at: at(800)) == [])
    #expect(shelf.need([], by: 2, at: at(900)) == [])
    #expect(shelf.ticked(at: at(1499)) == [])
    #expect(shelf.ticked(at: at(1500)) == [.drop(try epoch(5))])
  }

  @Test mutating func `an epoch stays while one of several users needs it`() throws {
    _ = need(5, by: 1)
    _ = need(5, by: 2)
    _ = shelf.made(try epoch(5), at: at(1))
    _ = shelf.need([], by: 1, at: at(2))
    #expect(shelf.ticked(at: at(5000)) == [])
  }

  @Test mutating func `epochs are made one at a time, in the order in which they were needed`() throws {
    #expect(need(9) == [.make(try epoch(9), ahead: false)])
    #expect(need(3, by: 2) == [])
    #expect(need(1, by: 3) == [])
    #expect(shelf.made(try epoch(9), at: at(1)) == [.make(try epoch(3), ahead: false)])
    #expect(shelf.made(try epoch(3), at: at(2)) == [.make(try epoch(1), ahead: false)])
  }

  @Test mutating func `a fifth epoch takes the place of the one that was unneeded longest`() throws {
    for number in UInt32(1)...4 {
      _ = need(number, by: Int(number))
      _ = shelf.made(try epoch(number), at: at(1))
    }
    _ = shelf.need([], by: 3, at: at(10))
    _ = shelf.need([], by: 2, at: at(20))
    #expect(need(9, by: 9, at: 30) == [.drop(try epoch(3)), .make(try epoch(9), ahead: false)])
  }

  @Test mutating func `while four epochs are needed a fifth waits`() throws {
    for number in UInt32(1)...4 {
      _ = need(number, by: Int(number))
      _ = shelf.made(try epoch(number), at: at(1))
    }
    #expect(need(9, by: 9, at: 2) == [])
    #expect(shelf.isWanted(try epoch(9)))
    #expect(shelf.need([], by: 4, at: at(3)) == [.drop(try epoch(4)), .make(try epoch(9), ahead: false)])
  }

  @Test mutating func `an epoch that is needed now goes before one that is needed soon`() throws {
    for number in UInt32(1)...3 {
      _ = need(number, by: Int(number))
      _ = shelf.made(try epoch(number), at: at(1))
    }
    #expect(shelf.need([3 * 7500 + 7400], by: 3, at: at(2)) == [.make(try epoch(4), ahead: true)])
    #expect(shelf.made(try epoch(4), at: at(3)) == [])
    #expect(need(9, by: 9, at: 4) == [.drop(try epoch(4)), .make(try epoch(9), ahead: false)])
    #expect(shelf.made(try epoch(9), at: at(5)) == [])
  }

  @Test mutating func `heights that jump between far epochs keep one thread busy and take nothing from others`() throws
  {
    _ = need(5, by: 1)
    _ = shelf.made(try epoch(5), at: at(1))
    var making: [KawPowEpoch] = []
    for i in 0..<1000 {
      let actions = need(UInt32(100 + i), by: 66, at: Double(i))
      #expect(!actions.contains(.drop(try epoch(5))))
      for case .make(let epoch, _) in actions { making.append(epoch) }
      // A build looks now and then whether it is still wanted.
      if i % 10 == 9, let stale = shelf.making, !shelf.isWanted(stale) {
        for case .make(let epoch, _) in shelf.gaveUp(stale, failed: false, at: at(Double(i))) { making.append(epoch) }
      }
    }
    #expect(making.count <= 101)
    #expect(need(6, by: 1, at: 1001) == [])
    let current = try #require(shelf.making)
    #expect(shelf.made(current, at: at(1002)).contains(.make(try epoch(6), ahead: false)))
  }

  @Test mutating func `what could not be made is tried again after a minute`() throws {
    _ = need(5)
    #expect(shelf.gaveUp(try epoch(5), failed: true, at: at(1)) == [])
    #expect(need(5, at: 60) == [])
    #expect(shelf.ticked(at: at(61)) == [.make(try epoch(5), ahead: false)])
  }

  @Test mutating func `what was given up because nobody wanted it is made at once when somebody does`() throws {
    _ = need(5)
    _ = shelf.need([], by: 1, at: at(1))
    _ = need(5, at: 2)
    #expect(shelf.gaveUp(try epoch(5), failed: false, at: at(3)) == [.make(try epoch(5), ahead: false)])
  }

  @Test mutating func `heights beyond the highest epoch need nothing`() {
    #expect(shelf.need([.max, KawPowEpoch.highestNumber * 7500 + 7500], by: 1, at: at(0)) == [])
  }

  @Test mutating func `the highest epoch has none to be made ahead`() throws {
    let highest = try epoch(KawPowEpoch.highestNumber)
    #expect(shelf.need([highest.lastHeight], by: 1, at: at(0)) == [.make(highest, ahead: false)])
    #expect(shelf.made(highest, at: at(1)) == [])
  }

  @Test mutating func `files are kept of wanted epochs, of those in memory, and of their neighbours`() throws {
    _ = need(5)
    _ = shelf.made(try epoch(5), at: at(1))
    _ = need(8)
    let kept = try (0...12).filter { shelf.keepsFile(of: try epoch($0)) }
    #expect(kept == [4, 5, 6, 7, 8, 9])
  }
}
