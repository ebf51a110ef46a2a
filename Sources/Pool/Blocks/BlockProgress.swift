import Stratum

/// Decides the next step for a found block: what to ask of the nodes, and what their answers make of it.
///
/// A value without clock or network: `BlockSubmitter` carries out its steps.
struct BlockProgress: Sendable, Equatable {
  enum Step: Equatable, Sendable {
    case submit
    /// Ask for the header and the height, after a pause.
    case ask(afterSeconds: Double)
    case submitAgain(afterSeconds: Double)
    /// Nothing more will change.
    case finished
  }

  struct Rules: Sendable, Equatable {
    /// Confirmations at which a reward may be spent.
    var maturity: UInt32 = 100
    /// Confirmations beyond maturity after which a block is not looked at any more: until then the chain may take back
    /// what it said, and the ledger follows.
    var watchedDepth: UInt32 = 100
    /// A competing branch must be this deep before the block is called orphaned.
    var orphanDepth: UInt32 = 6
    /// Between two looks at a block that only has to grow older.
    var pollSeconds = 30.0
  }

  let height: UInt32
  let rules: Rules
  private(set) var state: BlockState
  /// The nodes' last words, for the case that no node ever takes the block.
  private(set) var lastWord: String?
  private var attempts = 0
  private var isRefused = false

  /// - Parameter state: `.found` for a new block; what was stored for one that an earlier run left.
  init(height: UInt32, rules: Rules, state: BlockState = .found) {
    self.height = height
    self.rules = rules
    self.state = state
  }

  /// The step to begin with, now or after a restart.
  var firstStep: Step {
    switch state {
    case .found, .submitted: .submit
    case .immature, .mature, .orphaned: .ask(afterSeconds: 0)
    case .rejected: .finished
    }
  }

  mutating func received(_ result: SubmitResult) -> Step {
    attempts += 1
    if state == .found { state = .submitted }
    switch result {
    case .accepted:
      (isRefused, lastWord) = (false, nil)
    case .rejected(let reason):
      (isRefused, lastWord) = (true, reason)
    case .unclear(let reason):
      (isRefused, lastWord) = (false, reason)
    }
    // Whatever was said, the header tells: a node that answered `duplicate` or nothing may well have it.
    return .ask(afterSeconds: 0)
  }

  /// - Parameter tip: height of the best block.
  mutating func received(_ status: HeaderStatus, tip: UInt32) -> Step {
    switch status {
    case .inChain(let confirmations):
      if confirmations >= rules.maturity {
        state = .mature
        return confirmations >= finalDepth ? .finished : .ask(afterSeconds: 4 * rules.pollSeconds)
      }
      state = .immature(confirmations: confirmations)
      return .ask(afterSeconds: rules.pollSeconds)
    case .orphaned:
      return orphaned(tip: tip)
    case .notFound:
      return notFound(tip: tip)
    }
  }

  /// The nodes did not answer: ask again, for as long as it takes.
  mutating func failedToAsk() -> Step {
    attempts += 1
    return .ask(afterSeconds: backOffSeconds)
  }

  private var finalDepth: UInt32 { rules.maturity.addingReportingOverflow(rules.watchedDepth).partialValue }

  private mutating func orphaned(tip: UInt32) -> Step {
    // Nodes keep the header of a block that they refused.
    if isRefused { return refused() }
    let competing = UInt64(tip) + 1 > UInt64(height) ? UInt64(tip) + 1 - UInt64(height) : 0
    if competing >= UInt64(rules.orphanDepth) {
      state = .orphaned
    } else if state != .orphaned, state != .submitted {
      // Not in the chain now, and so not mature, whatever it was before.
      state = .immature(confirmations: 0)
    }
    // The other branch may lose again.
    if competing >= UInt64(max(finalDepth, rules.orphanDepth)) { return .finished }
    return .ask(afterSeconds: rules.pollSeconds)
  }

  private mutating func notFound(tip: UInt32) -> Step {
    if isRefused { return refused() }
    // A node that builds its index anew does not know what it once had: nothing follows from that.
    guard state == .found || state == .submitted else { return .ask(afterSeconds: rules.pollSeconds) }
    if UInt64(tip) >= UInt64(height) + 2 {
      state = .rejected(
        reason: "no node has it and the chain is two blocks further; last answer: \(lastWord ?? "none")")
      return .finished
    }
    return .submitAgain(afterSeconds: backOffSeconds)
  }

  private mutating func refused() -> Step {
    state = .rejected(reason: lastWord ?? "refused")
    return .finished
  }

  /// 0.5 s doubling to 16 s: a block is worth asking often, for as long as it can still win.
  private var backOffSeconds: Double { min(16, 0.25 * Double(UInt64(1) << UInt64(min(attempts, 10)))) }
}
