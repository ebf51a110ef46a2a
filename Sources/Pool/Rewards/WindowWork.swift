import Stratum

/// Work of one account with one algorithm: a single share, or the sum of many.
public struct WindowWork: Hashable, Sendable {
  public var account: String
  public var algorithm: Algorithm
  public var work: ShareWork

  public init(account: String, algorithm: Algorithm, work: ShareWork) {
    self.account = account
    self.algorithm = algorithm
    self.work = work
  }
}

extension WindowWork {
  /// Who, with what: what work is summed by.
  struct Owner: Hashable {
    var account: String
    var algorithm: Algorithm
  }

  var owner: Owner { Owner(account: account, algorithm: algorithm) }

  /// ⌊work × part ÷ 2^32⌋.
  func part(_ part: UInt64) -> WindowWork {
    let product = UInt256(wide: work.hashes).multipliedReportingOverflow(by: part).partialValue
    return WindowWork(
      account: account, algorithm: algorithm, work: ShareWork(hashes: UInt128(exactly: product &>> 32) ?? .max))
  }
}

/// Sums of work by account and algorithm. They saturate as `ShareWork` does; work of zero leaves no trace.
public struct WorkTally: Sendable, Equatable {
  private var sums: [WindowWork.Owner: ShareWork] = [:]

  public init() {}

  public init(_ works: some Sequence<WindowWork>) {
    for work in works { add(work) }
  }

  public mutating func add(_ item: WindowWork) {
    guard item.work > .zero else { return }
    sums[item.owner, default: .zero] += item.work
  }

  /// One entry for each account and algorithm, by account (bytes ascending), then by the algorithm's number.
  public var works: [WindowWork] {
    sums.map { WindowWork(account: $0.key.account, algorithm: $0.key.algorithm, work: $0.value) }.sorted { a, b in
      a.account.hasSameBytes(as: b.account)
        ? a.algorithm.number < b.algorithm.number : a.account.precedesByBytes(b.account)
    }
  }
}

extension String {
  /// The order of every list of accounts: by bytes, which no locale and no database changes.
  func precedesByBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  fileprivate func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
