import Orchestrator
import Stratum
import Testing

@testable import Proxy

/// Who may come in, on a clock of its own.
@Suite struct AcceptBookTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

  private func address(_ number: UInt32) -> NetworkAddress { NetworkAddress(ipv4: number) }

  private func rules(_ change: (inout AcceptRules) -> Void) -> AcceptRules {
    var rules = AcceptRules()
    change(&rules)
    return rules
  }

  @Test func `an address has its burst at once, and then what time gives it`() throws {
    var book = AcceptBook(rules { $0.addressRate = .init(burst: 3, perSecond: 2) })
    for _ in 0..<3 { book.left(try book.enter(address(1), at: start)) }
    #expect(throws: CloseReason.tooFast) { try book.enter(address(1), at: start) }
    book.left(try book.enter(address(2), at: start))
    let later = start.advanced(bySeconds: 0.5)
    book.left(try book.enter(address(1), at: later))
    #expect(throws: CloseReason.tooFast) { try book.enter(address(1), at: later) }
  }

  @Test func `a network's addresses share a budget, and the next network has its own`() throws {
    var book = AcceptBook(rules { $0.networkRate = .init(burst: 4, perSecond: 1) })
    for number in 0..<4 { _ = try book.enter(address(0x0a00_0000 + UInt32(number)), at: start) }
    #expect(throws: CloseReason.tooFast) { try book.enter(address(0x0a00_00ff), at: start) }
    _ = try book.enter(address(0x0a00_0100), at: start)
  }

  @Test func `all of one subscriber's IPv6 addresses are one`() throws {
    var book = AcceptBook(rules { $0.perAddress = 2 })
    for text in ["2001:db8::1", "2001:db8::2"] { _ = try book.enter(try #require(NetworkAddress(text)), at: start) }
    let third = try #require(NetworkAddress("2001:db8::ffff:1"))
    #expect(throws: CloseReason.tooManyFromAddress) { try book.enter(third, at: start) }
    _ = try book.enter(try #require(NetworkAddress("2001:db8:0:1::1")), at: start)
  }

  @Test func `newcomers have a limit until they are authorized or gone`() throws {
    var book = AcceptBook(
      rules {
        $0.newcomers = 3
        $0.newcomersPerAddress = 2
      })
    var first = try book.enter(address(1), at: start)
    let second = try book.enter(address(1), at: start)
    #expect(throws: CloseReason.tooManyNewcomers) { try book.enter(address(1), at: start) }
    _ = try book.enter(address(2), at: start)
    #expect(throws: CloseReason.tooManyNewcomers) { try book.enter(address(3), at: start) }
    book.authorized(&first)
    book.authorized(&first)
    #expect(book.newcomers == 2)
    let third = try book.enter(address(3), at: start)
    book.left(first)
    book.left(second)
    book.left(third)
    #expect(book.newcomers == 1)
  }

  @Test func `a million addresses cost no more memory than is allowed, and those who were here keep their place`()
    throws
  {
    var book = AcceptBook(
      rules {
        $0.memory = 1000
        $0.newcomers = .max
      })
    let resident = try book.enter(address(7), at: start)
    var turnedAway = 0
    for number in 0..<50_000 as Range<UInt32> {
      let now = start.advanced(bySeconds: Double(number) / 10_000)
      do {
        book.left(try book.enter(address(0x0b00_0000 + number * 256), at: now))
      } catch {
        turnedAway += 1
      }
      #expect(book.count <= 1001)
    }
    #expect(turnedAway > 0, "those who are not remembered share one budget")
    book.left(resident)
    let later = start.advanced(bySeconds: 1000)
    _ = try book.enter(address(9), at: later)
    #expect(book.count < 10, "whoever is quiet is forgotten")
  }
}
