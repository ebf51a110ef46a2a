import Stratum

/// What the accepted work of a source was worth by its own jobs, as it was accepted.
public struct RealisedRevenue: Sendable, Equatable {
  public struct Sum: Sendable, Equatable {
    /// Expected hashes of the accepted work.
    public var hashes = 0.0
    public var coins = 0.0
    /// Of the work that was accepted while there was a price; `nil` without any.
    public var currency: Double?

    public init() {}

    static func += (sum: inout Sum, other: Sum) {
      sum.hashes += other.hashes
      sum.coins += other.coins
      if let more = other.currency { sum.currency = (sum.currency ?? 0) + more }
    }
  }

  public var hour = Sum()
  public var day = Sum()
  /// Since start.
  public var coins = 0.0

  public init() {}
}

/// Sums of the last day in parts of five minutes, for each source.
public struct RevenueLog: Sendable {
  private struct Part: Sendable {
    var number: UInt64
    var sum = RealisedRevenue.Sum()
  }

  private struct Line: Sendable {
    var work = ShareWork.zero
    var coins = 0.0
    var parts: [Part] = []
  }

  private var lines: [String: Line] = [:]
  private static let partCount: UInt64 = 288
  private static let partsAnHour: UInt64 = 12

  public init() {}

  private static func number(_ time: MonotonicTime) -> UInt64 { time.nanoseconds / 300_000_000_000 }

  /// Once a tick, with sources whose economics are filled in.
  public mutating func observe(_ sources: [SourceSnapshot], at now: MonotonicTime) {
    let number = Self.number(now)
    for source in sources {
      var line = lines[source.name] ?? Line()
      if source.acceptedWork > line.work {
        let hashes = Double(source.acceptedWork.hashes - line.work.hashes)
        line.work = source.acceptedWork
        var sum = RealisedRevenue.Sum()
        sum.hashes = hashes
        sum.coins = hashes * (source.economics?.coinsPerHash ?? 0)
        line.coins += sum.coins
        sum.currency = source.economics?.currencyPerHash.map { $0 * hashes }
        if line.parts.last?.number != number { line.parts.append(Part(number: number)) }
        if let last = line.parts.indices.last { line.parts[last].sum += sum }
        if line.parts.count > Int(Self.partCount) { line.parts.removeFirst() }
      }
      lines[source.name] = line
    }
  }

  public func realised(by source: String, at now: MonotonicTime) -> RealisedRevenue {
    var result = RealisedRevenue()
    result.coins = lines[source]?.coins ?? 0
    let newest = Self.number(now)
    for part in lines[source]?.parts ?? [] where part.number + Self.partCount > newest {
      result.day += part.sum
      if part.number + Self.partsAnHour > newest { result.hour += part.sum }
    }
    return result
  }
}
