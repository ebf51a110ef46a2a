import Stratum
import Testing

@Suite struct EventFilterTests {
  private func matching(_ filter: EventFilter) -> Set<EventType> {
    Set(EventSamples.each.filter { filter.matches(EventFilter.Traits($0)) }.map(\.type))
  }

  @Test func `there is a sample of every type, and without conditions all match`() {
    #expect(EventSamples.each.map(\.type) == EventType.allCases)
    #expect(matching(.everything) == Set(EventType.allCases))
    #expect(matching(.nothing) == [])
  }

  @Test func `types, pools and addresses must all match`() throws {
    #expect(matching(try EventFilter(types: ["payment", "ban"], pools: [], addresses: [])) == [.payment, .ban])
    #expect(matching(try EventFilter(types: [], pools: ["b"], addresses: [])) == [.moved, .decision])
    let mine = try EventFilter(types: [], pools: ["zion"], addresses: [EventSamples.address.lowercased()])
    #expect(
      matching(mine) == [
        .blockFound, .blockProgress, .blockUnlocked, .blockOrphaned, .payment, .minerConnected, .minerDisconnected,
        .share,
      ])
    #expect(matching(try EventFilter(types: ["share"], pools: ["a"], addresses: [])) == [])
  }

  @Test func `a pool stands for its sources, and not for pools whose names begin alike`() throws {
    let traits = EventFilter.Traits(EventSamples.share("w", pool: "zion:kawpow"))
    #expect(try EventFilter(types: [], pools: ["zion"], addresses: []).matches(traits))
    #expect(try EventFilter(types: [], pools: ["zion:kawpow"], addresses: []).matches(traits))
    #expect(try !EventFilter(types: [], pools: ["zio"], addresses: []).matches(traits))
    #expect(try !EventFilter(types: [], pools: ["zion:scrypt"], addresses: []).matches(traits))
    #expect(
      try !EventFilter(types: [], pools: ["zion"], addresses: []).matches(
        EventFilter.Traits(EventSamples.share("w", pool: "zion2"))))
  }

  @Test func `unknown types and lists without end are refused in words`() {
    func refusal(_ types: [String] = [], _ pools: [String] = [], _ addresses: [String] = []) -> String? {
      do throws(EventFilter.Invalid) {
        _ = try EventFilter(types: types, pools: pools, addresses: addresses)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(refusal(["blocks"])?.hasPrefix("there is no type “blocks”; there are block_found, block_progress") == true)
    #expect(refusal([], Array(repeating: "p", count: 64)) == nil)
    #expect(refusal([], Array(repeating: "p", count: 65))?.hasPrefix("more than 64 pools") == true)
    #expect(refusal([], [], Array(repeating: "a", count: 257))?.hasPrefix("more than 256 addresses") == true)
    #expect(refusal([], [""]) != nil && refusal([], [], [String(repeating: "a", count: 129)]) != nil)
    #expect(refusal(Array(repeating: "share", count: 100))?.hasPrefix("more types than there are") == true)
  }

  @Test func `a sampler lets a burst through, then its rate, and counts what it left out`() {
    var sampler = RateSampler(perSecond: 2, burst: 3)
    let start = MonotonicTime(nanoseconds: 1_000_000_000)
    #expect((0..<5).map { _ in sampler.take(at: start) } == [0, 0, 0, nil, nil])
    #expect(sampler.take(at: start.advanced(bySeconds: 0.4)) == nil)
    #expect(sampler.take(at: start.advanced(bySeconds: 0.6)) == 3)
    #expect(sampler.take(at: start.advanced(bySeconds: 0.7)) == nil)
    // A long silence saves no more than the burst.
    let later = start.advanced(bySeconds: 1000)
    #expect((0..<4).map { _ in sampler.take(at: later) } == [1, 0, 0, nil])
  }
}
