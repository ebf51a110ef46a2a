/// So many questions at a time: what is asked about old blocks must leave the node's connections to new ones.
actor AskPermits {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int = 3) { free = count }

  /// Returns when it is the caller's turn, in the order of asking.
  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
