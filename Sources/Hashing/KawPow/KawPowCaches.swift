import Stratum
import Synchronization

/// The light caches of the epochs that somebody needs, made in the background and kept on disk.
///
/// What is held and made is `KawPowShelf`'s decision. A cache that was handed out stays usable when it is dropped here.
public final class KawPowCaches: Sendable {
  public enum Event: Equatable, Sendable {
    /// From 0 to 1, some twenty times.
    case building(KawPowEpoch, fraction: Double)
    case ready(KawPowEpoch, seconds: Double, fromDisk: Bool)
    case dropped(KawPowEpoch)
    /// The cache's memory is not to be had; tried again while somebody needs it.
    case noMemory(KawPowEpoch)
    /// A sentence for the operator. The cache is made without the file.
    case fileTrouble(String)
  }

  private let state = Mutex(State())
  private let directory: String?
  private let run: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let uptime: @Sendable () -> MonotonicTime
  private let report: @Sendable (Event) -> Void

  /// - Parameters:
  ///   - directory: where caches are kept between runs; `nil` keeps none.
  ///   - run: runs what takes seconds, on a thread of its own.
  ///   - report: called from any thread, with no lock held.
  public init(
    directory: String?,
    run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { BackgroundThread.run($0) },
    uptime: @escaping @Sendable () -> MonotonicTime,
    report: @escaping @Sendable (Event) -> Void
  ) {
    self.directory = directory
    self.run = run
    self.uptime = uptime
    self.report = report
  }

  /// Declares all heights that `user` works at now, in place of what it declared before; an empty set ends its needs.
  /// Their epochs are made when they are not there, and the next epoch 200 heights before it begins.
  public func need(_ heights: Set<UInt32>, by user: Int) {
    let now = uptime()
    change { $0.shelf.need(heights, by: user, at: now) }
  }

  /// Lets caches go that nobody needed for ten minutes, and tries again what failed: to be called every minute or so.
  public func tick() {
    let now = uptime()
    change { $0.shelf.ticked(at: now) }
  }

  /// The epoch's cache if it is there. Never waits.
  public func ready(_ epoch: KawPowEpoch) -> KawPowCache? { state.withLock { $0.caches[epoch] } }

  /// Calls `body` once: with the cache when it is there, which may be now, or with `nil` when nobody needs the epoch
  /// (any more) or there is no memory for it.
  public func whenReady(_ epoch: KawPowEpoch, _ body: @escaping @Sendable (KawPowCache?) -> Void) {
    change { state in
      state.waiting[epoch, default: []].append(body)
      return []
    }
  }

  /// Waits for the epoch's cache; `nil` as for `whenReady`. For threads that have nothing else to do.
  public func wait(for epoch: KawPowEpoch) -> KawPowCache? {
    let gate = Gate()
    whenReady(epoch) { gate.open($0) }
    return gate.wait()
  }

  /// Decides under the lock, and acts without it: caches are freed, others told, and threads started.
  private func change(_ decide: (inout State) -> [KawPowShelf.Action]) {
    let (actions, dropped, answers) = state.withLock { state in
      let actions = decide(&state)
      let dropped = actions.compactMap { action in
        if case .drop(let epoch) = action { state.caches.removeValue(forKey: epoch) } else { nil }
      }
      return (actions, dropped, state.answers())
    }
    for cache in dropped { report(.dropped(cache.epoch)) }
    for (cache, bodies) in answers { for body in bodies { body(cache) } }
    for case .make(let epoch, _) in actions { run { self.make(epoch) } }
  }

  /// One epoch's cache, from its file or by computing it: seconds.
  private func make(_ epoch: KawPowEpoch) {
    let start = uptime()
    let stored = load(epoch)
    var isCancelled = false
    guard let cache = stored ?? build(epoch, isCancelled: &isCancelled) else {
      if !isCancelled { report(.noMemory(epoch)) }
      let now = uptime()
      return change { state in
        if !isCancelled { state.hopeless = epoch }
        return state.shelf.gaveUp(epoch, failed: !isCancelled, at: now)
      }
    }
    change { state in
      state.caches[epoch] = cache
      return []
    }
    report(.ready(epoch, seconds: uptime().seconds(since: start), fromDisk: stored != nil))
    if let directory {
      if stored == nil { store(cache, in: directory) }
      KawPowCacheFile.prune(directory) { epoch in state.withLock { $0.shelf.keepsFile(of: epoch) } }
    }
    // Only now may the next one be made: one thread at a time.
    let now = uptime()
    change { $0.shelf.made(epoch, at: now) }
  }

  private func load(_ epoch: KawPowEpoch) -> KawPowCache? {
    guard let directory else { return nil }
    do throws(KawPowCacheFileError) {
      return try KawPowCacheFile.load(epoch, from: directory)
    } catch {
      report(.fileTrouble("\(error)"))
      return nil
    }
  }

  private func store(_ cache: KawPowCache, in directory: String) {
    do throws(KawPowCacheFileError) {
      try KawPowCacheFile.write(cache, to: directory)
    } catch {
      report(.fileTrouble("\(error)"))
    }
  }

  private func build(_ epoch: KawPowEpoch, isCancelled: inout Bool) -> KawPowCache? {
    var told = -1.0
    var stopped = false
    defer { isCancelled = stopped }
    return KawPowCache.build(epoch) {
      stopped = state.withLock { !$0.shelf.isWanted(epoch) }
      return stopped
    } progress: { fraction in
      guard fraction >= told + 0.05 || fraction == 1 else { return }
      told = fraction
      report(.building(epoch, fraction: fraction))
    }
  }
}

extension KawPowCaches {
  private struct State {
    var shelf = KawPowShelf()
    var caches: [KawPowEpoch: KawPowCache] = [:]
    var waiting: [KawPowEpoch: [@Sendable (KawPowCache?) -> Void]] = [:]
    /// An epoch that there is no memory for, until those who wait for it were told.
    var hopeless: KawPowEpoch?

    /// Those whose wait is over, and what to tell them.
    mutating func answers() -> [(KawPowCache?, [@Sendable (KawPowCache?) -> Void])] {
      var answers: [(KawPowCache?, [@Sendable (KawPowCache?) -> Void])] = []
      for (epoch, bodies) in waiting
      where caches[epoch] != nil || epoch == hopeless || !shelf.isWanted(epoch) {
        answers.append((caches[epoch], bodies))
        waiting[epoch] = nil
      }
      hopeless = nil
      return answers
    }
  }
}
