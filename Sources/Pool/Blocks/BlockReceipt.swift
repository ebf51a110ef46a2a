import Dispatch

/// Tells when a found block is on disk. The share that found it is acknowledged no sooner: a process that dies in
/// between has told a miner of a block that nobody can hand in any more.
public final class BlockReceipt: Sendable {
  private let group = DispatchGroup()

  /// A disk that takes longer than this for one block delays no share of anybody any further.
  private static let patience = DispatchTimeInterval.seconds(10)

  /// - Parameter isKept: the block is on disk already.
  public init(isKept: Bool = false) {
    group.enter()
    if isKept { group.leave() }
  }

  /// To be called once.
  public func kept() { group.leave() }

  /// Blocks the thread until the block is on disk, or patience is over.
  func wait() { _ = group.wait(timeout: .now() + Self.patience) }
}
