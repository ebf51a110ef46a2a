import CScheduler
import Foundation
import Testing

@testable import Hashing

/// What the kernel says about a thread that asked for its share of the processor.
@Suite struct ThreadPriorityTests {
  private struct Said: Sendable {
    let policy: Int32
    let nice: Int32
    /// Nanoseconds; 0 where the kernel knows no slice of a single thread (before Linux 6.12).
    let slice: UInt64
  }

  /// A thread before and after `change`; it is gone afterwards, and with it what it asked for.
  private static func thread(_ change: @escaping @Sendable () -> Void) async throws -> (before: Said, after: Said) {
    try await withCheckedThrowingContinuation { continuation in
      Thread {
        continuation.resume(
          with: Result {
            let before = try said()
            change()
            return (before, try said())
          })
      }.start()
    }
  }

  private static func said() throws -> Said {
    var attributes = zion_sched_attr()
    try #require(zion_sched_getattr(&attributes) == 0)
    return Said(policy: Int32(attributes.policy), nice: attributes.nice, slice: attributes.runtime)
  }

  @Test func `who answers miners asks for the processor in the shortest pieces, and for no more of it`() async throws {
    let (before, after) = try await Self.thread { ThreadPriority.runSoon() }
    #expect(after.slice == (before.slice == 0 ? 0 : ThreadPriority.shortestSlice))
    #expect(after.nice == before.nice)
    #expect(after.policy == before.policy)
  }

  @Test func `a loop of the API is below others`() async throws {
    let (before, after) = try await Self.thread { ThreadPriority.runBelow() }
    #expect(after.nice == 10)
    #expect(after.slice == before.slice)
  }

  @Test func `a verifier runs when nothing else wants to`() async throws {
    let after = try await Self.thread { ThreadPriority.runWhenIdle() }.after
    #expect(after.policy == 5)
  }
}
