/// A condition did not come true in time.
public struct TimedOut: Error, CustomStringConvertible {
  public let description: String
}

/// How often a condition is asked at least. While hundreds of tests start at once, a task may wait for its turn longer
/// than any limit; what it waits for has then waited as long, and had no turn either.
private let leastTurns = 100

/// Asks `condition` until it holds. Tests wait for what they mean, never for a time.
/// - Throws: `TimedOut`, with what was waited for and what `detail` says then.
public func eventually(
  _ what: String, within limit: Duration = .seconds(20), every pause: Duration = .milliseconds(20),
  detail: @Sendable () async -> String = { "" }, _ condition: @Sendable () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var turns = 0
  while try await !condition() {
    turns += 1
    guard turns < leastTurns || ContinuousClock.now < deadline else {
      throw TimedOut(description: "not within \(limit): \(what) \(await detail())")
    }
    try await Task.sleep(for: pause)
  }
}

/// Seconds on a clock that only goes forward, for measuring.
public func seconds(since start: ContinuousClock.Instant, until end: ContinuousClock.Instant = .now) -> Double {
  let (whole, rest) = (end - start).components
  return Double(whole) + Double(rest) / 1e18
}
