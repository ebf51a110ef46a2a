import Stratum

/// Shares at a low, fixed rate beside something else that is measured: every miner in turn.
final class ShareTrickle {
  private let miners: Miners
  private let poller: Poller
  private let perSecond: Double
  private var next = 0
  private var due: MonotonicTime

  init(_ miners: Miners, perSecond: Double, poller: Poller) {
    self.miners = miners
    self.poller = poller
    self.perSecond = perSecond
    due = Clock.now
  }

  /// Sends what is due and serves what is ready, waiting for the next share at most.
  func turn() throws(BenchError) {
    while due <= Clock.now {
      try miners.submit(next % miners.count)
      next += 1
      due = due.advanced(bySeconds: 1 / perSecond)
    }
    try poller.turn(until: due)
  }

  /// Whoever was away sends nothing belatedly.
  func resume() { due = Clock.now }
}
