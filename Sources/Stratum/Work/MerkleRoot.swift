/// Merkle arithmetic over double SHA-256.
///
/// Source: Bitcoin developer reference, "Merkle trees"; stratum V1 folds the coinbase with one sibling a level.
public enum MerkleRoot {
  /// The siblings that turn a coinbase hash into the root, for the other transactions' hashes in block order.
  public static func branches(of transactions: [Hash256], using hashes: some HashFunctions) -> [Hash256] {
    var branches: [Hash256] = []
    var level: [Hash256?] = [nil] + transactions.map { $0 }
    while level.count > 1 {
      if let sibling = level[1] { branches.append(sibling) }
      if level.count % 2 == 1, let last = level.last { level.append(last) }
      var next: [Hash256?] = [nil]
      for i in stride(from: 2, to: level.count, by: 2) {
        if let left = level[i], let right = level[i + 1] { next.append(pair(left, right, using: hashes)) }
      }
      level = next
    }
    return branches
  }

  /// Folds a coinbase hash with its siblings.
  public static func fold(_ coinbase: Hash256, _ branches: [Hash256], using hashes: some HashFunctions) -> Hash256 {
    var root = coinbase
    for sibling in branches { root = pair(root, sibling, using: hashes) }
    return root
  }

  static func pair(_ left: Hash256, _ right: Hash256, using hashes: some HashFunctions) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("64 bytes were allocated") }
      left.store(to: base)
      right.store(to: base + 32)
      return hashes.sha256d(UnsafeRawBufferPointer(raw))
    }
  }
}
