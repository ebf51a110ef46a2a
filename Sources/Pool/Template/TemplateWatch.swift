import Stratum

/// Decides what a new template, or the lack of one, means for miners. A value: the watcher acts on what it says.
struct TemplateWatch: Sendable {
  enum Action: Equatable, Sendable {
    /// Send new work; `isClean` when the block below changed, so that older work is worth nothing.
    case publish(isClean: Bool)
    case wait
  }

  /// Without a good template for longer, mining on the old one is too risky to call healthy.
  let patienceSeconds: Double
  private(set) var health: NodeHealth?
  private(set) var failures = 0
  private var current: (previousBlock: Hash256, height: UInt32)?
  private var lastSuccess: MonotonicTime?

  init(patienceSeconds: Double = 10) { self.patienceSeconds = patienceSeconds }

  /// A template that is good for work. The second value is set when health changed.
  mutating func received(
    previousBlock: Hash256, height: UInt32, at now: MonotonicTime
  ) -> (action: Action, health: NodeHealth?) {
    let isClean = current.map { $0.previousBlock != previousBlock || $0.height != height } ?? true
    current = (previousBlock, height)
    lastSuccess = now
    failures = 0
    return (.publish(isClean: isClean), turn(.healthy))
  }

  /// No template, or one that is good for nothing.
  mutating func failed(_ reason: String, at now: MonotonicTime) -> (action: Action, health: NodeHealth?) {
    failures += 1
    if let lastSuccess, now.seconds(since: lastSuccess) < patienceSeconds { return (.wait, nil) }
    return (.wait, turn(.unhealthy(reason: reason)))
  }

  /// How long to wait before the next try: 0.5 s doubling to 8 s.
  var retrySeconds: Double { min(8, 0.25 * Double(UInt64(1) << UInt64(min(failures, 6)))) }

  private mutating func turn(_ new: NodeHealth) -> NodeHealth? {
    guard new != health else { return nil }
    health = new
    return new
  }
}
