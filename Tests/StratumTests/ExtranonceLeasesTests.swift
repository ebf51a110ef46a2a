import Stratum
import Testing

@Suite struct ExtranonceLeasesTests {
  /// SplitMix64: the same numbers for the same seed, everywhere.
  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
  }

  /// A value whose methods can be called inside `#expect`.
  final class Space {
    var leases: ExtranonceLeases
    init(capacity: Int, seed: UInt64) {
      var random = Seeded(state: seed)
      leases = ExtranonceLeases(capacity: capacity, startingAt: random.next())
    }
    func lease(at now: MonotonicTime) -> UInt32? { leases.lease(at: now) }
    func lease(slot: UInt32) -> Bool { leases.lease(slot: slot) }
    func release(_ slot: UInt32, at now: MonotonicTime) { leases.release(slot, at: now) }
    func turned() { leases.turned() }
    func isLeased(_ slot: UInt32) -> Bool { leases.isLeased(slot) }
    var leasedCount: Int { leases.leasedCount }
  }

  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds) }

  @Test(arguments: [1, 2, 63, 64, 65, 200])
  func `attack 8, extranonce exhaustion: every slot is leased once, and then there is none`(capacity: Int) {
    let leases = Space(capacity: capacity, seed: UInt64(capacity))
    let slots = (0..<capacity).compactMap { _ in leases.lease(at: time(1)) }
    #expect(Set(slots) == Set(0..<UInt32(capacity)))
    #expect(leases.leasedCount == capacity)
    #expect(leases.lease(at: time(1e6)) == nil)
  }

  @Test func `a space without slots leases nothing`() {
    let leases = Space(capacity: 0, seed: 1)
    #expect(leases.lease(at: time(1)) == nil)
    leases.release(0, at: time(1))
    #expect(!leases.lease(slot: 0))
  }

  @Test func `the first slot differs from start to start`() {
    var firsts: Set<UInt32> = []
    for seed in 0..<20 {
      let leases = Space(capacity: 65_536, seed: UInt64(seed))
      if let slot = leases.lease(at: time(0)) { firsts.insert(slot) }
    }
    #expect(firsts.count > 15)
  }

  @Test func `a released slot is free after a clean job and 120 seconds, and not before both`() {
    let leases = Space(capacity: 1, seed: 1)
    #expect(leases.lease(at: time(0)) == 0)
    leases.turned()
    leases.release(0, at: time(10))
    #expect(leases.lease(at: time(1_000)) == nil, "no clean job since the release")
    leases.turned()
    #expect(leases.lease(at: time(129.9)) == nil, "not 120 seconds")
    #expect(leases.lease(at: time(130)) == 0)
  }

  @Test func `a resting slot can be resumed, once`() {
    let leases = Space(capacity: 4, seed: 1)
    guard let slot = leases.lease(at: time(0)) else {
      Issue.record("four slots were free")
      return
    }
    #expect(!leases.lease(slot: slot), "it is leased")
    leases.release(slot, at: time(1))
    #expect(leases.lease(slot: slot))
    #expect(!leases.lease(slot: slot))
    // The first release no longer frees it.
    leases.turned()
    _ = leases.lease(at: time(500))
    #expect(leases.isLeased(slot))
    leases.release(slot, at: time(500))
    leases.turned()
    #expect(!leases.isLeased(slot))
    let others = (0..<3).compactMap { _ in leases.lease(at: time(619)) }
    #expect(!others.contains(slot))
  }

  @Test func `releasing what is not leased changes nothing`() {
    let leases = Space(capacity: 8, seed: 1)
    leases.release(3, at: time(0))
    leases.release(800, at: time(0))
    #expect(leases.leasedCount == 0)
    #expect(!leases.lease(slot: 3))
    #expect((0..<8).compactMap { _ in leases.lease(at: time(0)) }.count == 8)
  }

  /// A model that is slow and obvious, beside the real one.
  @Test(arguments: 0..<60)
  func `no slot has two owners or changes hands early`(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    let capacity = Int.random(in: 1...130, using: &random)
    var leases = ExtranonceLeases(capacity: capacity, startingAt: random.next())
    var live: Set<UInt32> = []
    var left: [UInt32: (time: Double, turns: Int)] = [:]
    var (now, turns) = (0.0, 0)
    for _ in 0..<600 {
      now += Double.random(in: 0...4, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0...4:
        let free = (0..<UInt32(capacity)).filter { slot in
          !live.contains(slot) && left[slot].map { $0.turns < turns && now - $0.time >= 120 } ?? true
        }
        guard let slot = leases.lease(at: time(now)) else {
          // Nanoseconds are rounded: a slot on the very edge may wait for the next call.
          #expect(free.allSatisfy { left[$0].map { now - $0.time < 120.001 } ?? false })
          continue
        }
        let isNew = live.insert(slot).inserted
        #expect(isNew)
        if let rest = left[slot] { #expect(rest.turns < turns && now - rest.time > 119.999) }
        left[slot] = nil
      case 5...7:
        guard let slot = live.sorted().randomElement(using: &random) else { continue }
        live.remove(slot)
        leases.release(slot, at: time(now))
        left[slot] = (now, turns)
      case 8:
        guard let slot = left.keys.sorted().randomElement(using: &random) else { continue }
        if leases.lease(slot: slot) {
          live.insert(slot)
          left[slot] = nil
        }
      default:
        leases.turned()
        turns += 1
      }
      #expect(leases.leasedCount == live.count)
    }
  }

  @Test(arguments: 0..<20)
  func `tails of one length never let two miners search the same coinbase`(seed: Int) throws {
    var random = Seeded(state: UInt64(seed))
    let tailByteCount = seed % 2 + 1
    let bytes = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
    let upstream = try #require(Extranonce(bytes))
    let leases = Space(capacity: 1 << (8 * tailByteCount), seed: UInt64(seed))
    var prefixes: Set<Extranonce> = []
    for _ in 0..<256 {
      let slot = try #require(leases.lease(at: time(0)))
      let tail = try #require(Extranonce(UInt64(slot), byteCount: tailByteCount))
      let prefix = try #require(upstream.appending(tail))
      #expect(prefix.count == 4 + tailByteCount)
      let isNew = prefixes.insert(prefix).inserted
      #expect(isNew)
    }
  }
}
