import Foundation
import NIOConcurrencyHelpers

private let starting = NIOLock()

extension Process {
  /// `run`, one child at a time.
  ///
  /// Foundation closes in a child what it sees open when it begins. What another thread opens a moment later would live on
  /// in the child: with the end of a socket by which Foundation hears of another child's end, whose `waitUntilExit` then
  /// waits for both.
  public func start() throws {
    try starting.withLock { try run() }
  }
}
