import API

/// Receipts of one period, in the shape that the API has.
struct FakeReceipts: ReceiptView {
  static let start: Int64 = 1_760_000_400

  let publicKey = [UInt8](repeating: 7, count: 32)
  private let statement = ReceiptStatementPage(
    from: start, until: start + 3600, shares: 3, accounts: 1, text: "ZION share receipts\n", signature: "ab")

  func statements(limit: Int) async throws -> [ReceiptStatementPage] { [statement] }

  func receipts(of address: String, from start: Int64) async throws -> AccountReceiptsPage? {
    guard address == FakePoolView.address, start == Self.start else { return nil }
    let list = (1...3).map {
      AccountReceiptsPage.Share(hash: "0\($0)", work: "4294967296", source: "zion", worker: "rig1")
    }
    return AccountReceiptsPage(
      publicKey: "07", statement: statement, address: address, list: list, path: [.init(isLeft: true, hash: "cd")])
  }
}
