import Glibc
import Orchestrator
import TestSupport

/// Markets that are made up, from a seed.
enum SyntheticTrace {
  /// Days on which `count` sources wander around 1 by `step` a day (logarithm), and are seen with `noise`.
  static func wandering(
    seed: UInt64, days: Int = 300, count: Int = 3, step: Double = 0.03, noise: Double = 0.02
  ) -> [(at: Double, values: [Double])] {
    var random = SeededRandom(seed: seed)
    var levels = [Double](repeating: 0, count: count)
    return (0..<days).map { day in
      for index in levels.indices { levels[index] += Double.random(in: -step...step, using: &random) }
      let values = levels.map { exp($0 + Double.random(in: -noise...noise, using: &random)) }
      return (at: Double(day) * 86_400, values: values)
    }
  }

  static func trace(_ rows: [(at: Double, values: [Double])]) -> Trace {
    let sources = (rows.first?.values ?? []).indices.map { "s\($0)" }
    return Trace(name: "synthetic.csv", group: "all", sources: sources, rows: rows)
  }
}
