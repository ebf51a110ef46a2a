import Dispatch
import Synchronization

/// Rows on their way from one database's thread to the other's, a few pieces ahead.
final class RowPipe: Sendable {
  enum Item: Sendable {
    case table(String, columns: [String], rows: Int64)
    case rows([SQLRow])
    case end
    case failed(StoreError)
  }

  private struct State {
    var items: [Item] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let room = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)

  init() {
    // Not as its first value: a semaphore may not go below that before it is freed.
    for _ in 0..<4 { room.signal() }
  }

  /// Waits for room. `false`: nobody takes anything any more.
  func put(_ item: Item) -> Bool {
    room.wait()
    let isClosed = state.withLock { state in
      if !state.isClosed { state.items.append(item) }
      return state.isClosed
    }
    filled.signal()
    // Whoever puts next must not wait either.
    if isClosed { room.signal() }
    return !isClosed
  }

  /// Waits for the next.
  func take() -> Item {
    filled.wait()
    defer { room.signal() }
    return state.withLock { $0.items.isEmpty ? .end : $0.items.removeFirst() }
  }

  func close() {
    state.withLock { state in
      state.isClosed = true
      state.items = []
    }
    room.signal()
  }
}
