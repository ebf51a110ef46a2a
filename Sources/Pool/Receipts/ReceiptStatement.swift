import Stratum

/// What we sign of a period: how many shares we acknowledged, for whom, and whose jobs they solved.
///
/// The text is what is signed; each names the one before, so that none can be left out or exchanged later.
public struct ReceiptStatement: Sendable, Equatable {
  public struct Source: Sendable, Equatable {
    public var name: String
    public var shares: Int
    public var work: ShareWork
  }

  /// Seconds since 1970.
  public var from: Int64
  public var until: Int64
  public var shares: Int
  public var work: ShareWork
  public var accounts: Int
  /// By name: what each upstream pool should have credited.
  public var sources: [Source]
  /// SHA-256 of the statement before; zero bytes for the first.
  public var previous: [UInt8]
  public var root: [UInt8]

  private static let title = "ZION share receipts"

  public var text: String {
    ([
      Self.title, "from \(from)", "until \(until)", "shares \(shares)", "work \(work.hashes)", "accounts \(accounts)",
      "previous \(Hex.encode(previous))", "root \(Hex.encode(root))",
    ] + sources.map { "source \($0.name) \($0.shares) \($0.work.hashes)" }).map { $0 + "\n" }.joined()
  }
}

extension ReceiptStatement {
  /// `nil` for what is no such text, to the letter.
  public init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    guard lines.count >= 8 else { return nil }
    func value(_ index: Int, _ name: String) -> Substring? {
      let words = lines[index].split(separator: " ", maxSplits: 1)
      return words.count == 2 && words[0] == name ? words[1] : nil
    }
    guard let from = value(1, "from").flatMap({ Int64($0) }), let until = value(2, "until").flatMap({ Int64($0) }),
      let shares = value(3, "shares").flatMap({ Int($0) }), let work = value(4, "work").flatMap({ UInt128($0) }),
      let accounts = value(5, "accounts").flatMap({ Int($0) }),
      let previous = value(6, "previous").flatMap({ Hex.decode($0) }),
      let root = value(7, "root").flatMap({ Hex.decode($0) })
    else { return nil }
    var sources: [Source] = []
    for line in lines.dropFirst(8) {
      let words = line.split(separator: " ")
      guard words.count == 4, words[0] == "source", let shares = Int(words[2]), let work = UInt128(words[3]) else {
        return nil
      }
      sources.append(Source(name: String(words[1]), shares: shares, work: ShareWork(hashes: work)))
    }
    self.init(
      from: from, until: until, shares: shares, work: ShareWork(hashes: work), accounts: accounts, sources: sources,
      previous: previous, root: root)
    guard self.text == text else { return nil }
  }
}

/// A statement and our signature over its text.
public struct SignedReceipts: Sendable, Equatable {
  public var statement: ReceiptStatement
  public var signature: [UInt8]

  public init(statement: ReceiptStatement, signature: [UInt8]) {
    self.statement = statement
    self.signature = signature
  }
}
