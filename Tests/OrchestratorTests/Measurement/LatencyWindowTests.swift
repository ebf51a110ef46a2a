import Orchestrator
import Stratum
import TestSupport
import Testing

@Suite struct LatencyWindowTests {
  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds) }

  private func window() -> LatencyWindow { LatencyWindow(windowSeconds: 300, leastCount: 100) }

  /// Median and 99th percentile.
  private func figures(_ window: LatencyWindow) -> [Double]? { window.milliseconds(atPercents: [50, 99]) }

  @Test func `percentiles are right to one percent or a microsecond, up to a minute`() throws {
    var random = SeededRandom(seed: 3)
    for scale in [1e-5, 1e-3, 0.1, 5] {
      var window = window()
      var values: [Double] = []
      for _ in 0..<20_000 {
        values.append(scale * Double.random(in: 0.5...5, using: &random))
        window.record(values.last ?? 0, at: time(1))
      }
      values.sort()
      let exact = [values[9_999], values[19_799]].map { $0 * 1000 }
      for (found, exact) in zip(try #require(figures(window)), exact) {
        #expect(abs(found - exact) < 0.011 * exact + 0.001, "\(scale): \(found) for \(exact)")
      }
    }
  }

  @Test func `nothing is said before there is anything to say`() {
    #expect(figures(window()) == nil)
  }

  @Test func `what is absurd does no harm`() throws {
    var window = window()
    for seconds in [-1, .nan, .infinity, 0, 1e9] { window.record(seconds, at: time(1)) }
    #expect(window.count == 3)
    let longest = try #require(window.milliseconds(atPercents: [100]))[0]
    #expect(abs(longest / 60_000 - 1) < 0.011)
  }

  @Test func `old latencies are forgotten when two windows have passed`() throws {
    var window = window()
    for second in 0..<300 { window.record(1, at: time(Double(second))) }
    for second in 300..<600 { window.record(0.01, at: time(Double(second))) }
    let mixed = try #require(figures(window))
    #expect(window.count == 600 && mixed[1] > 990)
    for second in 600..<650 { window.record(0.01, at: time(Double(second))) }
    let fresh = try #require(figures(window))
    #expect(window.count == 350 && fresh[1] < 11)
  }

  @Test func `while little is heard, what is known is older`() throws {
    var window = window()
    for hour in 0..<99 { window.record(0.5, at: time(Double(hour) * 3600)) }
    #expect(window.count == 99)
    for hour in 99..<299 { window.record(0.5, at: time(Double(hour) * 3600)) }
    #expect((100...200).contains(window.count))
  }

  @Test func `shards' windows add up`() throws {
    var (first, second) = (window(), window())
    for _ in 0..<99 { first.record(0.01, at: time(1)) }
    for _ in 0..<101 { second.record(0.1, at: time(1)) }
    first.add(second)
    #expect(first.count == 200)
    let both = try #require(figures(first))
    #expect(abs(both[0] - 100) < 1.1)
  }
}
