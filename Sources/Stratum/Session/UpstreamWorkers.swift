/// Worker names on one upstream connection, and the shares that wait until the pool has answered for a name.
///
/// A pool may take its time with an authorize (it looks an address up, say); a share that overtakes the answer is
/// rejected by some, and one sent under the account instead would be credited to the wrong worker.
struct UpstreamWorkers: Sendable, Codable {
  struct WaitingShare: Sendable, Codable {
    let key: UInt64
    let sourceJobID: String
    let solution: ShareSubmission.Solution
  }

  enum Step: Sendable, Equatable {
    case sendAsWorker
    /// The pool refused the name, or there are too many names.
    case sendAsAccount
    /// Ask for the name; the share waits.
    case authorizeFirst
    case wait
  }

  private enum State: Sendable, Codable {
    case asked([WaitingShare])
    case known
    case refused
  }

  private var states: [String: State] = [:]

  /// What to do with a share of `worker`.
  mutating func step(for worker: String, _ share: @autoclosure () -> WaitingShare) -> Step {
    switch states[worker] {
    case .known: return .sendAsWorker
    case .refused: return .sendAsAccount
    case .asked(var waiting):
      // The pool is slow, and more would come with the answer than a pool takes at once.
      guard waiting.count < Limits.pendingReplies else { return .sendAsAccount }
      waiting.append(share())
      states[worker] = .asked(waiting)
      return .wait
    case nil:
      guard states.count < Limits.workersPerSession else { return .sendAsAccount }
      states[worker] = .asked([share()])
      return .authorizeFirst
    }
  }

  /// The pool's answer for a name: the shares that waited for it, in their order.
  mutating func answered(_ worker: String, isKnown: Bool) -> [WaitingShare] {
    defer { states[worker] = isKnown ? .known : .refused }
    if case .asked(let waiting) = states[worker] { return waiting }
    return []
  }

  /// Keys of the shares that wait, oldest first.
  var waitingKeys: [UInt64] {
    states.values.flatMap { state -> [UInt64] in
      guard case .asked(let waiting) = state else { return [] }
      return waiting.map(\.key)
    }.sorted()
  }
}
