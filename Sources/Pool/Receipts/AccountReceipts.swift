import Stratum

/// One account's shares of a period, with what proves that they are all in the statement that was signed.
public struct AccountReceipts: Sendable, Equatable {
  public struct Share: Sendable, Equatable {
    public var hash: Hash256
    public var work: ShareWork
    public var source: String
    public var worker: String

    public init(hash: Hash256, work: ShareWork, source: String, worker: String) {
      self.hash = hash
      self.work = work
      self.source = source
      self.worker = worker
    }

    var line: String { "\(hash.displayHex) \(work.hashes) \(source) \(worker)" }
  }

  public var signed: SignedReceipts
  public var account: String
  /// In the order in which they were acknowledged.
  public var shares: [Share]
  public var path: [ReceiptDigest.Step]

  public init(signed: SignedReceipts, account: String, shares: [Share], path: [ReceiptDigest.Step]) {
    self.signed = signed
    self.account = account
    self.shares = shares
    self.path = path
  }
}

/// What is wrong with receipts.
public enum ReceiptFault: Error, Equatable, Sendable {
  case signature
  /// The list is not the one that was signed: a share was left out, added or changed.
  case list
  /// Shares that the miner was told count, and that are not in the list.
  case missing([String])
}

extension ReceiptFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .signature: "the statement is not signed by this key: nobody stands for it"
    case .list:
      "the list of shares is not the one that was signed: a share was left out, added or changed after the fact"
    case .missing(let hashes):
      "\(hashes.count) shares that the miner was told count are not in the signed list, such as "
        + (hashes.first ?? "none") + ": ask whoever runs this proxy, with the statement in hand"
    }
  }
}

extension AccountReceipts {
  /// - Parameter own: hashes (display hex) that the miner was told count within the period.
  public func verify(by key: Ed25519PublicKey, own: some Sequence<String>) throws(ReceiptFault) {
    guard key.verifies(signed.signature, of: Array(signed.statement.text.utf8)) else { throw .signature }
    let chain = shares.reduce(ReceiptDigest.empty) { ReceiptDigest.chain($0, $1) }
    let work = shares.reduce(ShareWork.zero) { $0 + $1.work }
    let leaf = ReceiptDigest.leaf(account, shares: shares.count, work: work, chain: chain)
    guard ReceiptDigest.root(from: leaf, path) == signed.statement.root else { throw .list }
    let listed = Set(shares.map(\.hash.displayHex))
    let missing = own.filter { !listed.contains($0.lowercased()) }
    guard missing.isEmpty else { throw .missing(missing) }
  }
}
