/// What can be measured with this module alone.
public enum Benchmark: String, CaseIterable, Sendable {
  case connections, fanout, shares, openloop, flood, events, receipts

  /// Blocks its thread for as long as it takes: nothing else may run in this process meanwhile.
  public func run(_ options: BenchOptions) throws(BenchError) -> [Finding] {
    switch self {
    case .connections: try ConnectionsBenchmark.run(options)
    case .fanout: try FanoutBenchmark.run(options)
    case .shares: try SharesBenchmark.run(options)
    case .openloop: try OpenLoopBenchmark.run(options)
    case .flood: try FloodBenchmark.run(options)
    case .events: try EventsBenchmark.run(options)
    case .receipts: try ReceiptsBenchmark.run(options)
    }
  }
}
