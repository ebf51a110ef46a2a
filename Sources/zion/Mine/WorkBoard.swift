import NIOConcurrencyHelpers
import Stratum

/// Where connections leave jobs and threads pick them up.
final class WorkBoard: Sendable {
  /// Shares of one connection without an answer; threads leave it alone until the pool has caught up.
  static let unansweredLimit = 64

  enum Assignment: Sendable {
    case job(MiningJob, version: UInt64)
    case nothing
    case stop
  }

  private struct Slot {
    var job: MiningJob?
    var version: UInt64 = 0
    var unanswered = 0

    var isWorkable: Bool { job != nil && unanswered < WorkBoard.unansweredLimit }
  }

  private struct State {
    var slots: [Slot]
    var versions: UInt64 = 0
    var hashes: UInt64 = 0
    var isStopped = false
  }

  private let state: NIOLockedValueBox<State>
  /// Its value is whether a thread has something to do.
  private let attention = ConditionLock(value: false)

  init(slots: Int) {
    state = NIOLockedValueBox(State(slots: Array(repeating: Slot(), count: slots)))
  }

  /// Replaces the job of `slot`; `nil` when its connection is gone.
  func post(_ job: MiningJob?, to slot: Int) {
    change { state in
      state.versions += 1
      state.slots[slot].job = job
      state.slots[slot].version = state.versions
    }
  }

  /// A share of `slot` left a thread.
  func sent(from slot: Int) {
    change { $0.slots[slot].unanswered += 1 }
  }

  /// A share of `slot` was answered, or will never be.
  func settled(for slot: Int) {
    change { $0.slots[slot].unanswered -= 1 }
  }

  func stop() {
    change { $0.isStopped = true }
  }

  func count(hashes: UInt64) {
    state.withLockedValue { $0.hashes += hashes }
  }

  var hashes: UInt64 { state.withLockedValue { $0.hashes } }
  var unanswered: Int { state.withLockedValue { $0.slots.reduce(0) { $0 + $1.unanswered } } }

  func assignment(for slot: Int) -> Assignment {
    state.withLockedValue { state in
      if state.isStopped { return .stop }
      let slot = state.slots[slot]
      guard let job = slot.job, slot.isWorkable else { return .nothing }
      return .job(job, version: slot.version)
    }
  }

  /// Blocks the thread until some slot has work or everything stops.
  func waitForAttention() {
    attention.lock(whenValue: true)
    attention.unlock()
  }

  private func change(_ body: (inout State) -> Void) {
    attention.lock()
    let isWanted = state.withLockedValue { state in
      body(&state)
      return state.isStopped || state.slots.contains(where: \.isWorkable)
    }
    attention.unlock(withValue: isWanted)
  }
}
