import Foundation
import Hashing
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

/// Signed lists of what was acknowledged.
@Suite struct ReceiptTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("receipts") }

  private func book() throws -> ReceiptBook {
    try ReceiptBook(directory: folder.url.appendingPathComponent("r").path, now: now(), log: .silent)
  }

  private final class Wall: Sendable {
    let seconds = Mutex<UInt32>(1_760_000_500)
  }

  private let wall = Wall()

  private func now() -> @Sendable () -> UnixTime {
    let wall = wall
    return { UnixTime(seconds: wall.seconds.withLock { $0 }) }
  }

  private func advance(_ seconds: UInt32) { wall.seconds.withLock { $0 += seconds } }

  private func receipt(_ number: UInt64, _ account: String, worker: String = "rig", source: String = "alpha")
    -> ShareReceipt
  {
    ShareReceipt(
      hash: Hash256(number: UInt256(number)), work: ShareWork(hashes: 1000 + UInt128(number)),
      miner: MinerIdentity(account: account, worker: worker), source: source)
  }

  private func hashes(_ numbers: some Sequence<UInt64>) -> [String] {
    numbers.map { Hash256(number: UInt256($0)).displayHex }
  }

  @Test func `a statement's text comes back, and no other text is one`() throws {
    var period = ReceiptPeriod()
    period.add(.init(hash: .zero, work: ShareWork(hashes: .max), source: "b", worker: "x y"), of: "acct")
    period.add(.init(hash: .zero, work: ShareWork(hashes: 5), source: "a", worker: ""), of: "other one")
    let statement = period.statement(from: 5, until: 9, after: ReceiptDigest.empty)
    #expect(statement.accounts == 2 && statement.shares == 2 && statement.sources.map(\.name) == ["a", "b"])
    let text = statement.text
    #expect(ReceiptStatement(text: text) == statement)
    for index in text.utf8.indices {
      var bytes = Array(text.utf8)
      let offset = text.utf8.distance(from: text.utf8.startIndex, to: index)
      bytes.remove(at: offset)
      let other = ReceiptStatement(text: String(decoding: bytes, as: UTF8.self))
      #expect(other != statement, "\(offset)")
      #expect(other.map { $0.text == String(decoding: bytes, as: UTF8.self) } ?? true)
    }
  }

  @Test(arguments: 0...33) func `every leaf leads to the root, and to no other leaf's place`(count: Int) {
    let leaves = (0..<count).map { sha256([UInt8($0)]) }
    let root = ReceiptDigest.root(of: leaves)
    for index in leaves.indices {
      let path = ReceiptDigest.path(to: index, of: leaves)
      #expect(path.count <= 6)
      for (other, leaf) in leaves.enumerated() {
        #expect((ReceiptDigest.root(from: leaf, path) == root) == (other == index))
      }
    }
    if count == 0 { #expect(root == ReceiptDigest.empty) }
  }

  @Test func `each account's list is proved, over a restart in the middle, and statements follow one another`()
    async throws
  {
    let first = try book()
    #expect(try first.statements(limit: 9) == [])
    first.sink.take((1...5).map { receipt($0, "a") } + [receipt(6, "b", source: "beta")])
    await first.advance()
    first.sink.take([receipt(7, "a", worker: "tab\there\n")])
    await first.close()
    // A crash in the middle of a line.
    let path = folder.url.appendingPathComponent("r/1760000400.shares").path
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data("0 00ff".utf8))
    try file.close()
    let second = try book()
    #expect(second.publicKey == first.publicKey)
    second.sink.take([receipt(8, "b")])
    await second.advance()
    #expect(try await second.receipts(of: "a", from: 1_760_000_400) == nil, "it is not over")
    advance(3600)
    second.sink.take([receipt(9, "c")])
    await second.advance()
    let a = try #require(try await second.receipts(of: "a", from: 1_760_000_400))
    let b = try #require(try await second.receipts(of: "b", from: 1_760_000_400))
    try a.verify(by: second.publicKey, own: hashes([1, 2, 3, 4, 5, 7]))
    try b.verify(by: second.publicKey, own: hashes([6, 8]))
    #expect(a.shares.count == 6 && a.shares.last?.worker == "tab?here?")
    #expect(a.signed.statement.shares == 8 && a.signed.statement.sources.map(\.shares) == [7, 1])
    #expect(try await second.receipts(of: "c", from: 1_760_000_400) == nil)
    // The next process signs what this one leaves.
    await second.close()
    advance(88_000)
    let third = try book()
    third.sink.take([receipt(10, "a")])
    await third.advance()
    let statements = try third.statements(limit: 9)
    #expect(statements.map(\.statement.from) == [1_760_004_000, 1_760_000_400])
    #expect(statements[0].statement.previous == sha256(Array(statements[1].statement.text.utf8)))
    #expect(statements[1].statement.previous == ReceiptDigest.empty)
    #expect(try await third.receipts(of: "c", from: 1_760_004_000) != nil)
    #expect(try await third.receipts(of: "a", from: 1_760_000_400) == nil, "lists are kept for a day")
  }

  @Test func `what is forged, left out, given away or made smaller does not verify`() async throws {
    let book = try book()
    book.sink.take((1...4).map { receipt($0, "a") } + (5...6).map { receipt($0, "b") })
    await book.advance()
    advance(3600)
    await book.advance()
    let good = try #require(try await book.receipts(of: "a", from: 1_760_000_400))
    try good.verify(by: book.publicKey, own: hashes(1...4))
    #expect(throws: ReceiptFault.missing(hashes([9]))) { try good.verify(by: book.publicKey, own: hashes([1, 9])) }
    let stranger = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32)))
    #expect(throws: ReceiptFault.signature) { try good.verify(by: stranger.publicKey, own: []) }
    func isRefused(_ fault: ReceiptFault, _ change: (inout AccountReceipts) -> Void) {
      var bad = good
      change(&bad)
      #expect(throws: fault) { try bad.verify(by: book.publicKey, own: []) }
    }
    isRefused(.list) { $0.shares.removeLast() }
    isRefused(.list) { $0.shares.append($0.shares[0]) }
    isRefused(.list) { $0.shares.swapAt(0, 1) }
    isRefused(.list) { $0.shares[2].work = ShareWork(hashes: 1) }
    isRefused(.list) { $0.shares[2].source = "beta" }
    isRefused(.list) { $0.account = "b" }
    isRefused(.list) { $0.path = [] }
    isRefused(.signature) { $0.signed.statement.root = ReceiptDigest.empty }
    isRefused(.signature) { $0.signed.statement.shares = 5 }
    isRefused(.signature) { $0.signed.signature[0] ^= 1 }
  }

  @Test func `a folder that cannot be written is said, and what can be kept later is whole`() async throws {
    let blocked = folder.url.appendingPathComponent("file")
    try Data().write(to: blocked)
    #expect(throws: (any Error).self) {
      try ReceiptBook(directory: blocked.appendingPathComponent("r").path, now: now(), log: .silent)
    }
    let book = try book()
    let period = folder.url.appendingPathComponent("r/1760000400.shares")
    try FileManager.default.createDirectory(at: period, withIntermediateDirectories: false)
    book.sink.take([receipt(1, "a")])
    await book.advance()
    try FileManager.default.removeItem(at: period)
    book.sink.take([receipt(2, "a")])
    await book.advance()
    advance(3600)
    await book.advance()
    let list = try #require(try await book.receipts(of: "a", from: 1_760_000_400))
    try list.verify(by: book.publicKey, own: hashes([2]))
    // The miner sees what is not there.
    #expect(throws: ReceiptFault.missing(hashes([1]))) { try list.verify(by: book.publicKey, own: hashes([1, 2])) }
  }
}
