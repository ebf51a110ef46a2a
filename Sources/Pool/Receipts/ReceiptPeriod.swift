import Stratum

/// The receipts of a period, as far as a statement needs them: a few numbers for each account.
struct ReceiptPeriod: Sendable {
  struct Account: Sendable, Equatable {
    var shares = 0
    var work = ShareWork.zero
    var chain = ReceiptDigest.empty
  }

  private(set) var accounts: [String: Account] = [:]
  private(set) var sources: [String: ReceiptStatement.Source] = [:]

  mutating func add(_ share: AccountReceipts.Share, of account: String) {
    accounts[account, default: Account()].add(share)
    sources[share.source, default: .init(name: share.source, shares: 0, work: .zero)].add(share.work)
  }

  /// By the bytes of their names.
  var leaves: [(account: String, leaf: [UInt8])] {
    accounts.sorted { $0.key.precedesByBytes($1.key) }.map { name, account in
      (name, ReceiptDigest.leaf(name, shares: account.shares, work: account.work, chain: account.chain))
    }
  }

  func statement(from: Int64, until: Int64, after previous: [UInt8]) -> ReceiptStatement {
    ReceiptStatement(
      from: from, until: until, shares: accounts.values.reduce(0) { $0 + $1.shares },
      work: accounts.values.reduce(.zero) { $0 + $1.work }, accounts: accounts.count,
      sources: sources.values.sorted { $0.name.precedesByBytes($1.name) }, previous: previous,
      root: ReceiptDigest.root(of: leaves.map(\.leaf)))
  }
}

extension ReceiptPeriod.Account {
  fileprivate mutating func add(_ share: AccountReceipts.Share) {
    shares += 1
    work += share.work
    chain = ReceiptDigest.chain(chain, share)
  }
}

extension ReceiptStatement.Source {
  fileprivate mutating func add(_ work: ShareWork) {
    shares += 1
    self.work += work
  }
}
