import Glibc

/// Where one source's log revenue stands, against what all sources earn: a local-level model whose memory and noise are
/// learned.
///
/// Several exponential filters run side by side, from one that believes every observation to one that believes a
/// fiftieth of it. How well each foresaw the observations says how much it counts (Bayesian averaging with forgetting,
/// under heavy-tailed noise: one absurd observation decides nothing). Three surprises in a row to the same side are a
/// new level, and all filters go there.
///
/// Works at any pace: memory counts in the source's own usual interval, wandering per √second.
struct LevelFilter: Sendable {
  /// Part of an observation that each filter takes over, at the usual interval.
  static let gains: [Double] = [1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.02]
  /// Degrees of freedom of the noise (Student's t).
  static let degrees = 4.0
  /// What of its record a filter keeps from one observation to the next.
  static let recordKept = 0.99
  /// An observation this many standard deviations away is a surprise.
  static let surprise = 3.0
  /// So many surprises to one side in a row are a new level.
  static let surprisesForNewLevel = 3
  /// What is assumed of noise before there is any: 10 % a day, standard deviation.
  static let assumedDailyNoise = 0.1
  /// Nothing is believed steadier than 1 % a day, nor measured better than to 0.3 %.
  static let leastDailyNoise = 0.01
  static let measurementNoise = 0.003
  static let secondsPerDay = 86_400.0

  /// The usual time between observations, seconds; `nil` after the first.
  private(set) var interval: Double?
  /// Log revenue against all sources, and its variance.
  private(set) var mean: Double
  private(set) var variance = 0.0
  /// Variance of the mean's own steps, per second: how fast the source really wanders.
  private(set) var wandering = 0.0
  private(set) var observedAt: Double
  private(set) var observations = 1.0

  private var levels: [Double]
  private var noise: [Double]
  private var record: [Double]
  private var run = Run()

  /// Surprises in a row: how many, above or below, and their sum.
  private struct Run: Sendable {
    var count = 0
    var isAbove = false
    var sum = 0.0
  }

  init(_ value: Double, at seconds: Double) {
    mean = value
    observedAt = seconds
    levels = Array(repeating: value, count: Self.gains.count)
    noise = Array(repeating: 0, count: Self.gains.count)
    record = Array(repeating: 0, count: Self.gains.count)
  }

  /// An observation of a time that is over already is left out.
  mutating func observe(_ value: Double, at seconds: Double) {
    let elapsed = seconds - observedAt
    guard elapsed > 0 else { return }
    observedAt = seconds
    let interval = learnInterval(elapsed)
    observations += 1
    let isNewLevel = countSurprise(value)
    judge(value)
    learn(value, periods: elapsed / interval)
    if let level = isNewLevel { levels = Array(repeating: level, count: levels.count) }
    let floor = Self.leastDailyNoise * Self.leastDailyNoise * interval / Self.secondsPerDay
    for index in noise.indices { noise[index] = max(noise[index], floor) }
    average(interval)
  }

  private mutating func learnInterval(_ elapsed: Double) -> Double {
    guard let usual = interval else {
      interval = elapsed
      let assumed = Self.assumedDailyNoise * Self.assumedDailyNoise * min(1, elapsed / Self.secondsPerDay)
      noise = Array(repeating: max(assumed, 1e-10), count: noise.count)
      average(elapsed)
      return elapsed
    }
    // A gap says little about the usual pace.
    let learned = usual + (min(elapsed, 4 * usual) - usual) / min(observations + 1, 50)
    interval = learned
    return learned
  }

  /// The new level, when this observation makes one.
  private mutating func countSurprise(_ value: Double) -> Double? {
    let distance = value - mean
    var variance = 0.0
    for (weight, noise) in zip(weights(), noise) { variance += weight * (noise + Self.measurementVariance) }
    guard distance * distance > Self.surprise * Self.surprise * variance else {
      run = Run()
      return nil
    }
    let isAbove = distance > 0
    if run.count == 0 || run.isAbove != isAbove { run = Run(isAbove: isAbove) }
    run.count += 1
    run.sum += value
    guard run.count == Self.surprisesForNewLevel else { return nil }
    let level = run.sum / Double(run.count)
    run = Run()
    return level
  }

  /// How well each filter foresaw the observation.
  private mutating func judge(_ value: Double) {
    for index in levels.indices {
      let error = value - levels[index]
      let variance = noise[index] + Self.measurementVariance
      let likelihood =
        -0.5 * log(variance) - (Self.degrees + 1) / 2 * log1p(error * error / variance / Self.degrees)
      record[index] = Self.recordKept * record[index] + likelihood
    }
    let best = record.max() ?? 0
    for index in record.indices { record[index] -= best }
  }

  private mutating func learn(_ value: Double, periods: Double) {
    let pace = max(1 / (observations + 3), 0.01)
    for index in levels.indices {
      let error = value - levels[index]
      let square = error * error
      let trust = (Self.degrees + 1) / (Self.degrees + square / (noise[index] + Self.measurementVariance))
      noise[index] += pace * (trust * square - noise[index])
      let gain = 1 - pow(1 - Self.gains[index], periods)
      levels[index] += max(gain, 1 / observations) * error
    }
  }

  private mutating func average(_ interval: Double) {
    mean = 0
    variance = 0
    wandering = 0
    for (index, weight) in weights().enumerated() {
      let gain = Self.gains[index]
      mean += weight * levels[index]
      variance += weight * gain * noise[index]
      wandering += weight * gain * gain * noise[index] / interval
    }
  }

  private func weights() -> [Double] {
    let raw = record.map { exp($0) }
    let sum = raw.reduce(0, +)
    return raw.map { $0 / sum }
  }

  private static let measurementVariance = measurementNoise * measurementNoise
}
