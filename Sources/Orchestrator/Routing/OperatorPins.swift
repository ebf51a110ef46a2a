import Stratum

/// What an operator has ordered by hand: it outranks the policy until it is released.
public struct OperatorPins: Sendable, Equatable {
  struct Pin: Sendable, Equatable {
    let to: String
    /// Sessions that were already sent there by this order. One that left again (the source was lost) goes back like
    /// any other move, after its dwell.
    var carriedOut: Set<UInt64> = []
  }

  private(set) var everyone: Pin?
  private(set) var workers: [String: Pin] = [:]

  public init() {}

  public var isEmpty: Bool { everyone == nil && workers.isEmpty }
  /// Where everyone is pinned.
  public var everyoneTo: String? { everyone?.to }
  /// Where single workers are pinned, by the name that the operator used.
  public var workersTo: [String: String] { workers.mapValues(\.to) }

  /// An order for everyone replaces the orders for single workers: the last word counts.
  mutating func pin(to source: String, worker: String?) {
    guard let worker else {
      everyone = Pin(to: source)
      workers = [:]
      return
    }
    workers[worker] = Pin(to: source)
  }

  /// `nil` releases everything.
  mutating func release(worker: String?) {
    guard let worker else {
      self = OperatorPins()
      return
    }
    workers[worker] = nil
  }

  /// Where this miner is pinned. `ACCOUNT.worker` outranks the worker's bare name.
  func target(of miner: MinerIdentity) -> String? { (workers[key(of: miner) ?? ""] ?? everyone)?.to }

  /// Whether the order is new for this session; notes that it no longer is.
  mutating func carryOut(_ miner: MinerSnapshot) -> Bool {
    if let key = key(of: miner.identity) {
      return workers[key]?.carriedOut.insert(miner.session).inserted ?? false
    }
    return everyone?.carriedOut.insert(miner.session).inserted ?? false
  }

  mutating func forget(sessionsExcept live: Set<UInt64>) {
    everyone?.carriedOut.formIntersection(live)
    for key in workers.keys { workers[key]?.carriedOut.formIntersection(live) }
  }

  private func key(of miner: MinerIdentity) -> String? {
    if workers[miner.user] != nil { return miner.user }
    return !miner.worker.isEmpty && workers[miner.worker] != nil ? miner.worker : nil
  }
}

/// Why an order cannot be carried out.
public enum ForceError: Error, Equatable, Sendable {
  case unknownSource
  /// The source's own words, where it has some.
  case notReady(String?)
  /// No connected miner of that worker's name.
  case unknownWorker
  /// The worker mines another algorithm than the source.
  case otherAlgorithm(source: Algorithm, worker: Algorithm)
}
