import Stratum
import TestSupport
import Testing

@testable import Proxy

/// An upstream's nonce prefix, lengthened for each miner.
@Suite struct KawPowPartitionTests {
  private func partition(prefix: Int, using random: inout SeededRandom) -> ExtranoncePartition {
    let bytes = (0..<prefix).map { _ in UInt8.random(in: 0...255, using: &random) }
    return ExtranoncePartition(
      feed: FeedID(1), extranonce1: Extranonce(bytes) ?? .empty, upstreamByteCount: 8 - prefix, wanted: 4,
      dialect: .kawpow, startingAt: random.next())
  }

  @Test(arguments: [(0, 2, 65_536), (1, 3, 65_536), (2, 3, 256), (3, 3, 1), (4, 4, 1), (5, 5, 1), (6, 6, 1)])
  func `prefixes are lengthened to three bytes at the most`(prefix: Int, total: Int, seats: Int) {
    var random = SeededRandom(seed: 1)
    var partition = partition(prefix: prefix, using: &random)
    #expect(partition.capacity == seats)
    let seat = partition.claim(at: .zero)
    #expect(seat?.extranonce1.count == total)
    #expect(seat?.extranonce2ByteCount == 8 - total)
    #expect(total <= max(3, prefix))
  }

  @Test func `a pool's two bytes make 256 seats of three, each of its own`() {
    var random = SeededRandom(seed: 2)
    var partition = partition(prefix: 2, using: &random)
    let seats = (0..<256).compactMap { _ in partition.claim(at: .zero) }
    #expect(Set(seats.map(\.extranonce1)).count == 256)
    #expect(seats.allSatisfy { $0.extranonce1.count == 3 })
    #expect(seats.allSatisfy { Array($0.extranonce1.bytes.prefix(2)) == partition.extranonce1.bytes })
    let none = partition.claim(at: .zero)
    #expect(none == nil)
  }

  @Test(arguments: 3...6) func `where three bytes are the pool's already a connection serves one miner`(prefix: Int) {
    var random = SeededRandom(seed: 3)
    var partition = partition(prefix: prefix, using: &random)
    let only = partition.claim(at: .zero)
    #expect(only?.extranonce1 == partition.extranonce1)
    let second = partition.claim(at: .zero)
    #expect(second == nil)
  }

  @Test(arguments: 0...6, 0..<8) func `no two live seats can try the same nonce`(prefix: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed << 8 | UInt64(prefix))
    var partition = partition(prefix: prefix, using: &random)
    var live: [Seat] = []
    var claims = 0
    for step in 0..<150 {
      let now = MonotonicTime.zero.advanced(bySeconds: Double(step))
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where !live.isEmpty:
        partition.release(live.remove(at: Int.random(in: 0..<live.count, using: &random)), at: now)
      case 1: partition.turned()
      default:
        guard let seat = partition.claim(at: now) else { continue }
        live.append(seat)
        claims += 1
      }
      let ranges = live.map { range(of: $0) }.sorted { $0.lowerBound < $1.lowerBound }
      #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      #expect(ranges.allSatisfy { $0.lowerBound >> UInt64(64 - 8 * prefix) == top(partition.extranonce1) })
    }
    #expect(claims > 0)
  }

  private func top(_ prefix: Extranonce) -> UInt64 { prefix.bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  /// The nonces that begin with the seat's prefix.
  private func range(of seat: Seat) -> ClosedRange<UInt64> {
    let free = UInt64(64 - 8 * seat.extranonce1.count)
    let first = top(seat.extranonce1) << free
    return first...(first | (1 << free - 1))
  }
}
