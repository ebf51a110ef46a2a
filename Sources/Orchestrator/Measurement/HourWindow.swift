import Stratum

/// The last hour in twelve parts of five minutes: sums and maxima without a list of events.
public struct HourWindow: Sendable, Equatable {
  private struct Part: Sendable, Equatable {
    var number: UInt64
    var count = 0
    var highest = 0.0
  }

  private var parts: [Part] = []

  /// Of five minutes.
  private static let partCount: UInt64 = 12

  public init() {}

  private static func number(_ time: MonotonicTime) -> UInt64 { time.nanoseconds / 300_000_000_000 }

  private mutating func change(at now: MonotonicTime, _ body: (inout Part) -> Void) {
    let number = Self.number(now)
    if parts.last?.number != number { parts.append(Part(number: number)) }
    if parts.count > Int(Self.partCount) { parts.removeFirst() }
    if let last = parts.indices.last { body(&parts[last]) }
  }

  public mutating func count(_ events: Int, at now: MonotonicTime) { change(at: now) { $0.count += events } }

  public mutating func note(_ value: Double, at now: MonotonicTime) {
    change(at: now) { $0.highest = max($0.highest, value) }
  }

  private func live(at now: MonotonicTime) -> [Part] {
    let newest = Self.number(now)
    return parts.filter { $0.number + Self.partCount > newest }
  }

  public func highest(at now: MonotonicTime) -> Double? { live(at: now).map(\.highest).max() }

  /// Events an hour; a run of less than an hour is not stretched to one.
  public func perHour(at now: MonotonicTime) -> Double { Double(live(at: now).reduce(0) { $0 + $1.count }) }
}
