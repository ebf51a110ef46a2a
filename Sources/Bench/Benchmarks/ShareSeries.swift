/// Shares of one server in a closed loop, round by round.
struct ShareSeries {
  var perSecond: [Double] = []
  /// Reply times, milliseconds.
  var p50: [Double] = []
  var p99: [Double] = []
  /// Processor seconds of the server per 100,000 shares.
  var processor: [Double] = []

  mutating func add(_ result: LoopResult, processorSeconds: Double) {
    perSecond.append(result.perSecond)
    p50.append(result.milliseconds(atPercentile: 50))
    p99.append(result.milliseconds(atPercentile: 99))
    processor.append(processorSeconds / Double(max(result.answers, 1)) * 100_000)
  }
}
