import NIOCore
import Stratum
import Synchronization

/// What was worked out lately, by name: everybody who asks within its time gets the same, and however many ask at once,
/// it is worked out once.
///
/// When its time is over it still serves for as long again, while the next one is being made: nobody waits for what
/// somebody asks for all the time.
final class FreshPages<Value: Sendable>: Sendable {
  /// More are forgotten, the oldest first.
  static var capacity: Int { 512 }

  private struct Kept {
    let value: Value
    let madeAt: MonotonicTime
    var size: Int
  }

  private struct State {
    var kept: [String: Kept] = [:]
    var bytes = 0
    var making: [String: Task<Value, any Error>] = [:]
    /// Grows when everything that is known becomes old.
    var generation = 0
  }

  private enum Found {
    case value(Value)
    case task(Task<Value, any Error>)
  }

  private let byteLimit: Int
  private let size: @Sendable (Value) -> Int
  private let state = Mutex(State())

  init(byteLimit: Int = 64 << 20, size: @escaping @Sendable (Value) -> Int = { _ in 0 }) {
    self.byteLimit = byteLimit
    self.size = size
  }

  /// - Parameter seconds: how long a value is fresh; 0 makes each anew.
  func value(
    _ name: String, freshFor seconds: Double, make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard seconds > 0 else { return try await make() }
    let now = Self.now()
    let found: Found = state.withLock { state in
      if let kept = state.kept[name] {
        let age = now.seconds(since: kept.madeAt)
        if age <= seconds { return .value(kept.value) }
        if age <= 2 * seconds {
          if state.making[name] == nil { state.making[name] = begin(name, state.generation, make) }
          return .value(kept.value)
        }
      }
      if let task = state.making[name] { return .task(task) }
      let task = begin(name, state.generation, make)
      state.making[name] = task
      return .task(task)
    }
    switch found {
    case .value(let value): return value
    case .task(let task): return try await task.value
    }
  }

  /// Something has changed: what is known is not shown any more.
  func forget() {
    state.withLock { state in
      state.kept = [:]
      state.bytes = 0
      state.making = [:]
      state.generation += 1
    }
  }

  private func begin(
    _ name: String, _ generation: Int, _ make: @escaping @Sendable () async throws -> Value
  ) -> Task<Value, any Error> {
    Task {
      // Its age counts from when it was asked for.
      let begun = Self.now()
      do {
        let value = try await make()
        let size = self.size(value)
        state.withLock { state in
          guard state.generation == generation else { return }
          state.making[name] = nil
          keep(Kept(value: value, madeAt: begun, size: size), as: name, in: &state)
        }
        return value
      } catch {
        state.withLock { state in
          guard state.generation == generation else { return }
          state.making[name] = nil
          if let old = state.kept.removeValue(forKey: name) { state.bytes -= old.size }
        }
        throw error
      }
    }
  }

  private func keep(_ new: Kept, as name: String, in state: inout State) {
    if let old = state.kept.removeValue(forKey: name) { state.bytes -= old.size }
    while state.kept.count >= Self.capacity || state.bytes + new.size > byteLimit,
      let oldest = state.kept.min(by: { $0.value.madeAt < $1.value.madeAt })
    {
      state.bytes -= oldest.value.size
      state.kept[oldest.key] = nil
    }
    guard state.bytes + new.size <= byteLimit else { return }
    state.kept[name] = new
    state.bytes += new.size
  }

  private static func now() -> MonotonicTime { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }
}
