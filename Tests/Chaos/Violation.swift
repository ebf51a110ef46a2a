/// A promise that was broken.
public struct Violation: Equatable, Sendable {
  /// Each is a line of design.md §9, which points to I1 to I20 of the reference.
  public enum Invariant: String, CaseIterable, Sendable {
    case acknowledgedIsDurable = "I1 acknowledged is durable"
    case creditedOnce = "I2 credited at most once"
    case creditedAsAgreed = "I3 credited difficulty is the job's"
    case moneyConserved = "I4 money is conserved"
    case ledgerIsChain = "I5 the ledger's payments are the chain's"
    case broadcastOnce = "I6 broadcast 0 or 1 times"
    case blocksAreChain = "I7 the ledger's blocks are the chain's"
    case blockNeverLost = "I8 a valid block is never lost"
    case honestNotBanned = "I12 honest miners are not banned"
    case extranoncesDisjoint = "I13 live extranonces are disjoint"
    case memoryBounded = "I15 memory is bounded"
    case rejectsHaveReasons = "I19 every reject has a reason"
    case upstreamAsAcknowledged = "I20 what upstream counted is what was said"
    case heals = "the pool heals when the faults are over"
    case runs = "the process ends only when it is told to"
    case understood = "miners understand every line"
  }

  public var invariant: Invariant
  public var found: String

  public init(_ invariant: Invariant, _ found: String) {
    self.invariant = invariant
    self.found = found
  }

  /// `nil` where nothing was found; else how many and the first few.
  static func of(_ invariant: Invariant, _ what: String, _ cases: some Collection<String>) -> Violation? {
    guard !cases.isEmpty else { return nil }
    let sorted = cases.sorted()
    let more = sorted.count > 4 ? ", …" : ""
    return Violation(invariant, "\(sorted.count) \(what): \(sorted.prefix(4).joined(separator: ", "))\(more)")
  }
}

extension Violation: CustomStringConvertible {
  public var description: String { "\(invariant.rawValue): \(found)" }
}
