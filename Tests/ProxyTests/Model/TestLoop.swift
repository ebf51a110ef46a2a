import Dispatch
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

/// An embedded loop that other threads may send tasks to: verifiers answer from threads of their own. What they send
/// runs when the test says so.
final class TestLoop: EventLoop {
  let embedded = EmbeddedEventLoop()
  private let owner = pthread_self()
  private let inbox = NIOLockedValueBox<[@Sendable () -> Void]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  /// Waits until other threads have sent `count` more tasks, and runs them. `false` when they do not come.
  func runSent(_ count: Int) -> Bool {
    for _ in 0..<count {
      guard arrivals.wait(timeout: .now() + 60) == .success else { return false }
      inbox.withLockedValue { $0.removeFirst() }()
    }
    embedded.run()
    return true
  }

  var inEventLoop: Bool { pthread_equal(pthread_self(), owner) != 0 }
  var now: NIODeadline { embedded.now }

  func execute(_ task: @escaping @Sendable () -> Void) {
    guard !inEventLoop else { return embedded.execute(task) }
    inbox.withLockedValue { $0.append(task) }
    arrivals.signal()
  }

  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    embedded.scheduleTask(deadline: deadline, task)
  }

  func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    embedded.scheduleTask(in: delay, task)
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    embedded.shutdownGracefully(queue: queue, callback)
  }
}
