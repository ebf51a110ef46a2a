import Hashing
import Stratum

/// How receipts become one number that is signed: a chain of an account's shares, and a tree of all accounts' chains.
///
/// Everything is SHA-256 over text that anybody can write down. A share is the line `HASH WORK SOURCE WORKER`; an
/// account's chain begins with 32 zero bytes, and each line makes it SHA-256(chain ‖ line ‖ "\n"). An account's leaf is
/// SHA-256(0x00 ‖ "ACCOUNT\tSHARES\tWORK\t" ‖ chain); leaves stand in the order of the accounts' bytes. A node is
/// SHA-256(0x01 ‖ left ‖ right), and a last one without a neighbour goes up as it is. No account: 32 zero bytes.
public enum ReceiptDigest {
  public static let empty = [UInt8](repeating: 0, count: 32)

  /// A neighbour on the way from a leaf to the root.
  public struct Step: Sendable, Equatable {
    public var isLeft: Bool
    public var hash: [UInt8]

    public init(isLeft: Bool, hash: [UInt8]) {
      self.isLeft = isLeft
      self.hash = hash
    }
  }

  static func chain(_ chain: [UInt8], _ share: AccountReceipts.Share) -> [UInt8] {
    sha256(chain + Array("\(share.line)\n".utf8))
  }

  static func leaf(_ account: String, shares: Int, work: ShareWork, chain: [UInt8]) -> [UInt8] {
    sha256([0] + Array("\(account)\t\(shares)\t\(work.hashes)\t".utf8) + chain)
  }

  static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { sha256([1] + left + right) }

  static func root(of leaves: [[UInt8]]) -> [UInt8] {
    var level = leaves
    while level.count > 1 { level = parents(of: level) }
    return level.first ?? empty
  }

  /// From the leaf of that index upwards.
  static func path(to index: Int, of leaves: [[UInt8]]) -> [Step] {
    var (level, index, path) = (leaves, index, [Step]())
    while level.count > 1 {
      let neighbour = index ^ 1
      if level.indices.contains(neighbour) { path.append(Step(isLeft: neighbour < index, hash: level[neighbour])) }
      (level, index) = (parents(of: level), index / 2)
    }
    return path
  }

  static func root(from leaf: [UInt8], _ path: [Step]) -> [UInt8] {
    path.reduce(leaf) { $1.isLeft ? node($1.hash, $0) : node($0, $1.hash) }
  }

  private static func parents(of level: [[UInt8]]) -> [[UInt8]] {
    stride(from: 0, to: level.count, by: 2).map { index in
      index + 1 < level.count ? node(level[index], level[index + 1]) : level[index]
    }
  }
}
