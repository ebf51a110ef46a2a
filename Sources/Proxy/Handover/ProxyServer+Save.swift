import NIOCore
import NIOPosix
import Stratum

/// How the endpoint is left to another process image, with every connection in it.
extension ProxyServer {
  /// Longer does nobody wait for a share's answer, or for a miner that reads nothing: that one is left out and finds its
  /// connection closed.
  static let saveSeconds = 5.0

  /// A disk or a verifier holds shares back: another program could not answer for them.
  struct Unsettled: Error, CustomStringConvertible {
    let description = "shares that were read have no answer after \(Int(ProxyServer.saveSeconds)) s"
  }

  /// Reads nothing more, lets every share that was read come to its answer, and sends all that was written. Nobody
  /// notices: what miners send waits.
  public func save(listener: any Channel) async throws -> SavedProxy {
    try await listener.setOption(.autoRead, value: false).get()
    let deadline = NIODeadline.now() + .milliseconds(Int64(Self.saveSeconds * 1000))
    for shard in shards { try await shard.eventLoop.submit { shard.value.quiet() }.get() }
    for shard in shards {
      try await Self.wait(for: \.isSettled, of: shard, by: deadline)
      guard try await shard.eventLoop.submit({ shard.value.isSettled }).get() else { throw Unsettled() }
    }
    var saved = SavedProxy(
      listener: try await listener.eventLoop.submit { try Descriptor.of(listener) }.get(), shards: [])
    for shard in shards {
      let flushed = shard.eventLoop.flatSubmit { shard.value.flushForSave() }
      try await Self.first(flushed, or: deadline, on: shard.eventLoop)
      saved.shards.append(try await shard.eventLoop.submit { try shard.value.save() }.get())
    }
    return saved
  }

  /// The hand-over did not come about: everything goes on.
  public func wake(listener: any Channel) async throws {
    for shard in shards { try await shard.eventLoop.submit { shard.value.wake() }.get() }
    try await listener.setOption(.autoRead, value: true).get()
    listener.read()
  }

  /// Looks a hundred times a second: shares come to their answers in the journal's and the verifiers' time.
  static func wait(
    for state: any KeyPath<Shard, Bool> & Sendable, of shard: NIOLoopBound<Shard>, by deadline: NIODeadline
  ) async throws {
    let done = shard.eventLoop.makePromise(of: Void.self)
    let task = shard.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { task in
      guard shard.value[keyPath: state] || NIODeadline.now() >= deadline else { return }
      task.cancel()
      done.succeed()
    }
    defer { task.cancel() }
    try await done.futureResult.get()
  }

  private static func first(
    _ future: EventLoopFuture<Void>, or deadline: NIODeadline, on loop: any EventLoop
  ) async throws {
    let done = loop.makePromise(of: Void.self)
    let timeout = loop.scheduleTask(deadline: deadline) { done.succeed() }
    future.whenComplete { _ in
      timeout.cancel()
      done.succeed()
    }
    try await done.futureResult.get()
  }

  /// What every miner's connection has, wherever it was opened.
  static func minerOptions(_ bootstrap: ClientBootstrap) -> ClientBootstrap {
    bootstrap
      .channelOption(.maxMessagesPerRead, value: 4)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
      .channelOption(.writeBufferWaterMark, value: .init(low: Limits.outboxBytes / 2, high: Limits.outboxBytes))
  }
}
