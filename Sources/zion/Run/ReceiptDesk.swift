import API
import Pool
import Stratum

/// Share receipts as the HTTP interface shows them.
struct ReceiptDesk: ReceiptView {
  let book: ReceiptBook

  var publicKey: [UInt8] { book.publicKey.bytes }

  func statements(limit: Int) async throws -> [ReceiptStatementPage] {
    try book.statements(limit: limit).map(ReceiptStatementPage.init)
  }

  func receipts(of address: String, from start: Int64) async throws -> AccountReceiptsPage? {
    guard let found = try await book.receipts(of: address, from: start) else { return nil }
    return AccountReceiptsPage(
      publicKey: Hex.encode(publicKey), statement: ReceiptStatementPage(found.signed), address: found.account,
      list: found.shares.map {
        .init(hash: $0.hash.displayHex, work: "\($0.work.hashes)", source: $0.source, worker: $0.worker)
      }, path: found.path.map { .init(isLeft: $0.isLeft, hash: Hex.encode($0.hash)) })
  }
}

extension ReceiptStatementPage {
  init(_ signed: SignedReceipts) {
    let statement = signed.statement
    self.init(
      from: statement.from, until: statement.until, shares: statement.shares, accounts: statement.accounts,
      text: statement.text, signature: Hex.encode(signed.signature))
  }
}

extension AccountReceipts {
  /// `nil` for what is no such page. Of a list in parts, all of them together.
  init?(_ page: AccountReceiptsPage) {
    guard let statement = ReceiptStatement(text: page.statement.text),
      let signature = Hex.decode(page.statement.signature)
    else { return nil }
    let shares = page.list.compactMap { share -> Share? in
      guard let hash = Hash256(displayHex: share.hash), let work = UInt128(share.work) else { return nil }
      return Share(hash: hash, work: ShareWork(hashes: work), source: share.source, worker: share.worker)
    }
    let path = page.path.compactMap { step in
      Hex.decode(step.hash).map { ReceiptDigest.Step(isLeft: step.isLeft, hash: $0) }
    }
    guard shares.count == page.list.count, path.count == page.path.count else { return nil }
    self.init(
      signed: SignedReceipts(statement: statement, signature: signature), account: page.address, shares: shares,
      path: path)
  }
}
