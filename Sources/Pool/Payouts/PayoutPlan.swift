import Stratum

/// Somebody who may be paid.
public struct PayoutCandidate: Equatable, Sendable {
  public enum Destination: Equatable, Sendable {
    case payable(script: [UInt8])
    /// The node says that the address is none.
    case invalid(reason: String)
    /// Nobody could say.
    case unclear(reason: String)
  }

  public var address: String
  public var destination: Destination
  /// What the account has, without what is in open batches.
  public var balance: AtomicUnits
  /// The miner's own, if one was set.
  public var threshold: AtomicUnits?

  public init(address: String, destination: Destination, balance: AtomicUnits, threshold: AtomicUnits? = nil) {
    (self.address, self.destination, self.balance, self.threshold) = (address, destination, balance, threshold)
  }
}

/// Who is paid, and in what pieces.
public struct PayoutRules: Equatable, Sendable {
  /// For miners who set none: 10 ZION.
  public var threshold = AtomicUnits(10_000_000)
  /// The least that a threshold may be: 1 ZION.
  public var minimumThreshold = AtomicUnits(1_000_000)
  /// Nodes relay no smaller output.
  public var dust = AtomicUnits(546)
  public var maximumOutputs = 100
  /// Of one batch. An account that has more is paid in parts.
  public var maximumTotal: AtomicUnits?
  /// A batch of more than this waits for approvals.
  public var approvalLimit: AtomicUnits?
  public var requiredApprovals = 2
  public var fees = NetworkFeePolicy.pool
  /// Kept back in the wallet for each batch's network fee, if the pool bears it.
  public var feeReserve = AtomicUnits(100_000)
  public var route = PayoutOrder.Route.signed
  public var pool: String
  public var chain: String

  public init(pool: String, chain: String) { (self.pool, self.chain) = (pool, chain) }

  /// What `candidate` must have reached.
  func threshold(of candidate: PayoutCandidate) -> AtomicUnits {
    max(candidate.threshold ?? threshold, minimumThreshold)
  }
}

/// The batches of one run, and who is not in them.
///
/// The greatest balances go first, and among equals the smaller address (by its bytes), so that the same balances
/// always give the same batches, and what waits longest for want of funds is not what is owed most. A candidate whom
/// the funds do not reach is passed over, smaller ones behind are still paid.
public struct PayoutPlan: Equatable, Sendable {
  public struct Waiting: Equatable, Sendable {
    public var address: String
    /// What is not paid now.
    public var amount: AtomicUnits
    public var reason: Reason
  }

  public enum Reason: Equatable, Sendable {
    case invalidAddress(String)
    case unclearAddress(String)
    case dust(limit: AtomicUnits)
    /// The wallet has this much left for it.
    case fundsMissing(left: AtomicUnits)
    /// More than a batch may hold: the rest comes with the next run.
    case batchFull(limit: AtomicUnits)
  }

  public private(set) var orders: [PayoutOrder] = []
  public private(set) var waiting: [Waiting] = []
  /// Candidates who have not reached their threshold.
  public private(set) var belowThreshold = 0

  /// - Parameters:
  ///   - spendable: what the wallet has, without what open batches will take.
  ///   - random: for the batches' ids.
  public init(
    _ candidates: [PayoutCandidate], rules: PayoutRules, spendable: AtomicUnits,
    using random: inout some RandomNumberGenerator
  ) {
    var batches: [Draft] = []
    var firstWithRoom = 0
    var left = spendable
    for candidate in candidates.sorted(by: Self.isBefore) {
      guard candidate.balance > .zero, candidate.balance >= rules.threshold(of: candidate) else {
        belowThreshold += 1
        continue
      }
      let script: [UInt8]
      switch candidate.destination {
      case .payable(let known): script = known
      case .invalid(let reason):
        wait(candidate, candidate.balance, .invalidAddress(reason))
        continue
      case .unclear(let reason):
        wait(candidate, candidate.balance, .unclearAddress(reason))
        continue
      }
      let amount = rules.maximumTotal.map { min($0, candidate.balance) } ?? candidate.balance
      guard amount >= rules.dust, amount > .zero else {
        wait(candidate, candidate.balance, .dust(limit: rules.dust))
        continue
      }
      let place = batches[firstWithRoom...].firstIndex { $0.takes(amount, script: script, rules: rules) }
      let cost = Int128(amount.value) + (place == nil && rules.fees == .pool ? Int128(rules.feeReserve.value) : 0)
      guard cost <= Int128(left.value) else {
        wait(candidate, candidate.balance, .fundsMissing(left: max(left, .zero)))
        continue
      }
      left = AtomicUnits(Int64(clamping: Int128(left.value) - cost))
      let output = PayoutOutput(address: candidate.address, script: script, amount: amount)
      if let place { batches[place].add(output) } else { batches.append(Draft(output)) }
      while firstWithRoom < batches.count, batches[firstWithRoom].outputs.count >= rules.maximumOutputs {
        firstWithRoom += 1
      }
      if amount < candidate.balance {
        let rest = AtomicUnits(candidate.balance.value - amount.value)
        wait(candidate, rest, .batchFull(limit: amount))
      }
    }
    for batch in batches { orders.append(batch.order(PayoutBatchID(using: &random), rules: rules)) }
  }

  private mutating func wait(_ candidate: PayoutCandidate, _ amount: AtomicUnits, _ reason: Reason) {
    waiting.append(Waiting(address: candidate.address, amount: amount, reason: reason))
  }

  private static func isBefore(_ a: PayoutCandidate, _ b: PayoutCandidate) -> Bool {
    a.balance != b.balance ? a.balance > b.balance : a.address.utf8.lexicographicallyPrecedes(b.address.utf8)
  }

  private struct Draft {
    var outputs: [PayoutOutput]
    var scripts: Set<[UInt8]>
    var total: Int128

    init(_ output: PayoutOutput) {
      (outputs, scripts, total) = ([output], [output.script], Int128(output.amount.value))
    }

    /// Two spellings of one address are no two outputs of one transaction.
    func takes(_ amount: AtomicUnits, script: [UInt8], rules: PayoutRules) -> Bool {
      outputs.count < rules.maximumOutputs && !scripts.contains(script)
        && total + Int128(amount.value) <= Int128(rules.maximumTotal?.value ?? .max)
    }

    mutating func add(_ output: PayoutOutput) {
      outputs.append(output)
      scripts.insert(output.script)
      total += Int128(output.amount.value)
    }

    func order(_ id: PayoutBatchID, rules: PayoutRules) -> PayoutOrder {
      let needsApproval = rules.approvalLimit.map { total > Int128($0.value) } ?? false
      return PayoutOrder(
        id: id, pool: rules.pool, chain: rules.chain, outputs: outputs, fees: rules.fees, route: rules.route,
        requiredApprovals: needsApproval ? max(1, rules.requiredApprovals) : 0)
    }
  }
}

extension PayoutPlan.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidAddress(let reason): "the address cannot be paid: \(reason)"
    case .unclearAddress(let reason): "nobody could say whether the address can be paid: \(reason)"
    case .dust(let limit): "less than \(limit.value) atomic units, which nodes do not relay"
    case .fundsMissing(let left): "the wallet has \(left.value) atomic units left to spend: wait until more has matured"
    case .batchFull(let limit): "a batch pays at most \(limit.value) atomic units: the rest comes with the next run"
    }
  }
}
