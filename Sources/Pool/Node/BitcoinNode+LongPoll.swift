import Stratum

// The long poll of BIP 22: a call for a template that the node answers when there is a better one.
extension BitcoinNode {
  /// Returns `true` when the node has answered a long poll, `false` when the task was cancelled.
  ///
  /// There is one long poll at a time, and it outlives whoever waits: a node does not notice that its caller is gone,
  /// and a new one for every wait would soon hold all of its threads.
  func longPoll(_ id: String) async -> Bool {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    let (listener, isFirst) = memory.withLock { memory in
      let listener = memory.nextListener
      memory.nextListener += 1
      memory.listeners[listener] = continuation
      defer { memory.isLongPolling = true }
      return (listener, !memory.isLongPolling)
    }
    if isFirst { Task.detached { await self.runLongPoll(id) } }
    defer { _ = memory.withLock { $0.listeners.removeValue(forKey: listener) } }
    for await _ in stream { return true }
    return false
  }

  private func runLongPoll(_ id: String) async {
    do throws(NodeError) {
      _ = try await templateReply(["longpollid": .string(id)], timeout: settings.longPollSeconds)
      let listeners = memory.withLock { memory in
        defer { memory.listeners = [:] }
        memory.isLongPolling = false
        return memory.listeners
      }
      for listener in listeners.values {
        listener.yield()
        listener.finish()
      }
    } catch {
      // Whoever waits goes on polling for blocks; the next wait tries a long poll again.
      memory.withLock { $0.isLongPolling = false }
    }
  }
}
