/// How much to measure.
public struct BenchOptions: Sendable {
  public var connections = 10_000
  /// Length of one timed round.
  public var seconds = 3.0
  /// Paired rounds, of which the median counts.
  public var rounds = 5
  /// The binary that is started as server and as baseline: this one.
  public var executable = ProcFile.target(of: "/proc/self/exe")
  /// Where the server under test keeps its data; its file system is what a journal waits for.
  public var directory = "/tmp"
  /// Hears what is being done.
  public var progress: @Sendable (String) -> Void = { _ in }

  public init() {}

  /// - Throws: `.descriptors` when this process cannot hold that many connections.
  public func check(_ machine: Machine) throws(BenchError) {
    guard connections <= machine.connectionLimit else {
      throw .descriptors(needed: connections + 200, limit: machine.descriptorLimit)
    }
  }
}

/// Middle values: one slow round on a shared machine says nothing.
public enum Median {
  /// Not a number when there is none.
  public static func of(_ values: [Double]) -> Double {
    let sorted = values.filter { $0.isFinite }.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
