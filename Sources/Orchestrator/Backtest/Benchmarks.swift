/// What simple rules, and one that knows the future, earn on a trace. Revenue in the trace's unit.
///
/// A move costs `switchCost` seconds of mining at what the new source pays in that step. Where to begin is free.
public struct Benchmarks: Sendable {
  /// Thresholds among which the best is sought in hindsight.
  public static let thresholds = [
    0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.085, 0.1, 0.125, 0.15, 0.2,
  ]

  public struct Income: Sendable, Equatable {
    public var revenue: Double
    public var switches: Int
  }

  private let trace: Trace
  private let switchCost: Double

  /// - Parameter switchCost: seconds of mining lost by a move.
  public init(_ trace: Trace, switchCost: Double) {
    self.trace = trace
    self.switchCost = switchCost
  }

  /// Of one source a step; of the first steps alone, where there are fewer choices than steps.
  public func income(_ choices: [Int]) -> Income {
    var income = Income(revenue: 0, switches: 0)
    for (index, step) in trace.steps.prefix(choices.count).enumerated() {
      let paid = step.paid[choices[index]]
      income.revenue += paid * step.seconds
      if index > 0, choices[index] != choices[index - 1] {
        income.revenue -= paid * switchCost
        income.switches += 1
      }
    }
    return income
  }

  /// The source that earns most when nobody ever moves.
  public var bestSingle: (source: Int, revenue: Double) {
    var best = (source: 0, revenue: -Double.infinity)
    for source in trace.sources.indices {
      let revenue = trace.steps.reduce(0) { $0 + $1.paid[source] * $1.seconds }
      if revenue > best.revenue { best = (source, revenue) }
    }
    return best
  }

  /// The best source of every step, as if it were known before.
  public var naive: Income { income(trace.steps.map { Self.greatest($0.paid) }) }

  /// Follows what was shown last when that is better than the current source by more than a threshold; the threshold
  /// that would have earned most. Where nothing was shown yet it begins on what pays best, as if it knew.
  public var lagOne: (income: Income, threshold: Double) {
    var best = (income: Income(revenue: -Double.infinity, switches: 0), threshold: 0.0)
    for threshold in Self.thresholds {
      var current: Int?
      let income = income(
        trace.steps.map { step in
          let candidate = Self.greatest(step.shown)
          if let source = current {
            if step.shown[candidate] > step.shown[source] * (1 + threshold) { current = candidate }
          } else {
            current = step.shown[candidate] > 0 ? candidate : Self.greatest(step.paid)
          }
          return current ?? candidate
        })
      if income.revenue > best.income.revenue { best = (income, threshold) }
    }
    return best
  }

  /// The most that any sequence of choices earns that begins with these: a dynamic programme over steps and sources.
  ///
  /// Cost: steps × sources.
  public func clairvoyant(after choices: [Int] = []) -> Income {
    var best = trace.sources.map { _ in Income(revenue: choices.isEmpty ? 0 : -.infinity, switches: 0) }
    if let last = choices.last { best[last] = income(choices) }
    for (index, step) in trace.steps.enumerated().dropFirst(choices.count) {
      let leader = best.max { $0.revenue < $1.revenue } ?? Income(revenue: 0, switches: 0)
      for source in best.indices {
        let earned = step.paid[source] * step.seconds
        let moved = leader.revenue - step.paid[source] * switchCost
        if index > 0, moved > best[source].revenue {
          best[source] = Income(revenue: moved + earned, switches: leader.switches + 1)
        } else {
          best[source].revenue += earned
        }
      }
    }
    return best.max { $0.revenue < $1.revenue } ?? Income(revenue: 0, switches: 0)
  }

  private static func greatest(_ values: [Double]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }
}
