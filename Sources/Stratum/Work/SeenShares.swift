/// Remembers share hashes, to find duplicates across jobs. Two generations: a turn (a new block) forgets the older.
///
/// At `limit` hashes a generation turns by itself; memory stays under 2 × limit × 40 bytes.
public struct SeenShares: Sendable, Codable {
  private var current: Set<Hash256> = []
  private var previous: Set<Hash256> = []
  private let limit: Int

  public init(limit: Int = 2_000_000) { self.limit = limit }

  /// `false` when it was seen before.
  public mutating func insert(_ hash: Hash256) -> Bool {
    guard !previous.contains(hash), current.insert(hash).inserted else { return false }
    if current.count >= limit { turn() }
    return true
  }

  /// Lets a hash be inserted again: its share was not stored after all.
  public mutating func remove(_ hash: Hash256) {
    current.remove(hash)
    previous.remove(hash)
  }

  /// Forgets the older generation; call when the block below changed twice since its shares could be sent.
  public mutating func turn() {
    previous = current
    current = []
  }

  public var count: Int { current.count + previous.count }
}
