import Stratum
import Testing

@Suite struct EventRingTests {
  static let small = EventRing.Bounds(count: 4, bytes: 1 << 20)

  private func names(_ piece: EventRing.Piece) -> [String] {
    piece.events.map { event in
      switch event.body {
      case .policyReloaded(let policy): policy.policy
      case .share(let share): share.worker
      default: "another"
      }
    }
  }

  @Test func `numbers follow one another whatever the types, and a piece has them in order`() {
    var ring = EventRing(first: 100)
    for index in 0..<6 {
      ring.append(
        index % 2 == 0 ? EventSamples.policy("p\(index)") : EventSamples.share("w\(index)"), at: UInt64(index))
    }
    let piece = ring.piece(after: 99, for: .everything, limit: 100)
    #expect(piece.events.map(\.sequence) == [100, 101, 102, 103, 104, 105])
    #expect(names(piece) == ["p0", "w1", "p2", "w3", "p4", "w5"])
    #expect(piece.lost == nil && piece.isComplete && piece.cursor == 105 && ring.last == 105)
    #expect(ring.piece(after: 103, for: .everything, limit: 100).events.map(\.sequence) == [104, 105])
    #expect(ring.piece(after: 105, for: .everything, limit: 100).events == [])
  }

  @Test func `pieces one after the other have every event once`() {
    var ring = EventRing(first: 1)
    for index in 0..<50 {
      ring.append(index % 3 == 0 ? EventSamples.policy("p") : EventSamples.share("w"), at: UInt64(index))
    }
    var cursor: UInt64 = 0
    var seen: [UInt64] = []
    var isComplete = false
    while !isComplete {
      let piece = ring.piece(after: cursor, for: .everything, limit: 7)
      seen += piece.events.map(\.sequence)
      (cursor, isComplete) = (piece.cursor, piece.isComplete)
    }
    #expect(seen == Array(1...50))
  }

  @Test func `what is dropped is a gap for those who wanted such events, and for nobody else`() {
    var ring = EventRing(first: 1, frequent: Self.small, rare: Self.small)
    ring.append(EventSamples.policy("kept"), at: 0)
    for index in 0..<10 { ring.append(EventSamples.share("w\(index)"), at: 0) }
    let all = ring.piece(after: 0, for: .everything, limit: 100)
    #expect(all.lost == 1...7)
    #expect(all.events.map(\.sequence) == [1, 8, 9, 10, 11])
    let rare = ring.piece(after: 0, for: EventFilter(types: [.policyReloaded]), limit: 100)
    #expect(rare.lost == nil && names(rare) == ["kept"] && rare.cursor == 11)
    #expect(ring.piece(after: 7, for: .everything, limit: 100).lost == nil)
    #expect(ring.piece(after: 6, for: .everything, limit: 100).lost == 7...7)
  }

  @Test func `bytes are a bound as well as the number`() {
    let long = String(repeating: "x", count: 10_000)
    var ring = EventRing(first: 1, frequent: EventRing.Bounds(count: 1000, bytes: 50_000), rare: .standard)
    for _ in 0..<20 { ring.append(EventSamples.share(long), at: 0) }
    let piece = ring.piece(after: 0, for: .everything, limit: 100)
    #expect(piece.events.count == 4 && piece.events.last?.sequence == 20 && piece.lost == 1...16)
  }

  @Test func `a number of another stream gets everything, and is told that there is a gap`() {
    var ring = EventRing(first: 1000)
    ring.append(EventSamples.policy("p"), at: 0)
    // From before this process, and from a clock that was ahead of ours.
    #expect(ring.piece(after: 5, for: .everything, limit: 10).lost == 6...999)
    let ahead = ring.piece(after: 2000, for: .everything, limit: 10)
    #expect(ahead.lost == 1...999 && ahead.events.map(\.sequence) == [1000] && ahead.cursor == 1000)
  }

  @Test(arguments: 0..<20) func `a ring is the end of a list, whatever comes in which order`(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var ring = EventRing(
      first: 1, frequent: EventRing.Bounds(count: 5, bytes: 4_000), rare: EventRing.Bounds(count: 9, bytes: 6_000))
    var (often, seldom): ([UInt64], [UInt64]) = ([], [])
    for number in 1...UInt64(300) {
      let word = String(repeating: "x", count: Int(next(900)))
      let isFrequent = next(2) == 0
      ring.append(isFrequent ? EventSamples.share(word) : EventSamples.policy(word), at: 0)
      if isFrequent { often.append(number) } else { seldom.append(number) }
      let piece = ring.piece(after: 0, for: .everything, limit: 1000)
      let kept = piece.events.map(\.sequence)
      let keptOften = kept.filter { often.contains($0) }
      let keptSeldom = kept.filter { seldom.contains($0) }
      #expect(keptOften == often.suffix(keptOften.count) && keptSeldom == seldom.suffix(keptSeldom.count))
      #expect(kept == kept.sorted() && kept.contains(number))
      #expect(keptOften.count <= 5 && keptSeldom.count <= 9)
      let gone = [often.dropLast(keptOften.count).last, seldom.dropLast(keptSeldom.count).last].compactMap(\.self).max()
      #expect(piece.lost?.upperBound == gone)
    }
  }
}
