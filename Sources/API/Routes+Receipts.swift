import Foundation
import Hummingbird
import Stratum

/// Share receipts, for miners who do not believe us.
public protocol ReceiptView: Sendable {
  /// Ed25519, 32 bytes.
  var publicKey: [UInt8] { get }
  /// Newest first.
  func statements(limit: Int) async throws -> [ReceiptStatementPage]
  /// `nil` when there are none of that address and period.
  func receipts(of address: String, from start: Int64) async throws -> AccountReceiptsPage?
}

extension Routes {
  private static let withoutReceipts = "This process keeps no receipts, or none of that period and address."

  static let receiptRoutes: [Route] = [
    Route(
      template: "/api/receipts", group: .pool,
      summary: "Signed statements of acknowledged shares, newest first, with the key that signs them.",
      parameters: [.integer("limit", 1...1000, otherwise: 48, "At most so many.")],
      statuses: [.notFound: withoutReceipts, .serviceUnavailable: "Receipts cannot be read now."],
      success: .json(ReceiptsPage.self)
    ) { routes, call async throws(Refusal) in
      let view = try routes.receipts()
      let limit = call.number("limit", otherwise: 48)
      let statements = try await routes.stored { try await view.statements(limit: limit) }
      return try .json(ReceiptsPage(publicKey: Hex.encode(view.publicKey), statements: statements))
    },
    Route(
      template: "/api/receipts/{start}/{address}", group: .pool,
      summary: """
        An address's acknowledged shares of the period that began then, in order, and the path from them to the root of \
        its statement: what zion receipts verify checks.
        """,
      parameters: [
        .name("start", upTo: 12, "Seconds since 1970, as /api/receipts has it."), .address,
        .integer("offset", 0...100_000_000, otherwise: 0, "Shares left out at the beginning."),
        .integer("limit", 1...10_000, otherwise: 10_000, "At most so many shares."),
      ],
      statuses: [.notFound: withoutReceipts, .serviceUnavailable: "Receipts cannot be read now."],
      success: .json(AccountReceiptsPage.self), lifetimes: 30
    ) { routes, call async throws(Refusal) in
      let view = try routes.receipts()
      let address = routes.view.canonical(call.text("address"))
      guard let start = Int64(call.text("start")),
        var page = try await routes.stored({ try await view.receipts(of: address, from: start) })
      else {
        throw Refusal(.notFound, "there are no receipts of that period and address; see /api/receipts for periods")
      }
      page.offset = call.number("offset")
      page.list = Array(page.list.dropFirst(page.offset).prefix(call.number("limit", otherwise: 10_000)))
      return try .json(page)
    },
  ]

  private func receipts() throws(Refusal) -> any ReceiptView {
    guard let receipts = view.receipts else { throw Refusal(.notFound, Self.withoutReceipts) }
    return receipts
  }
}

/// A statement: `text` is what was signed, the rest is what it says.
public struct ReceiptStatementPage: Codable, Sendable, Equatable {
  /// Seconds since 1970.
  public var from: Int64
  public var until: Int64
  public var shares: Int
  public var accounts: Int
  public var text: String
  public var signature: String

  public init(from: Int64, until: Int64, shares: Int, accounts: Int, text: String, signature: String) {
    self.from = from
    self.until = until
    self.shares = shares
    self.accounts = accounts
    self.text = text
    self.signature = signature
  }
}

/// `/api/receipts`
public struct ReceiptsPage: Codable, Sendable, Equatable {
  /// Ed25519, hex.
  public var publicKey: String
  public var statements: [ReceiptStatementPage]

  public init(publicKey: String, statements: [ReceiptStatementPage]) {
    self.publicKey = publicKey
    self.statements = statements
  }
}

/// `/api/receipts/{start}/{address}`
public struct AccountReceiptsPage: Codable, Sendable, Equatable {
  public struct Share: Codable, Sendable, Equatable {
    public var hash: String
    /// Expected hashes; a number of more digits than JSON's.
    public var work: String
    public var source: String
    public var worker: String

    public init(hash: String, work: String, source: String, worker: String) {
      self.hash = hash
      self.work = work
      self.source = source
      self.worker = worker
    }
  }

  public struct Step: Codable, Sendable, Equatable {
    /// Whether the neighbour stands left of us.
    public var isLeft: Bool
    public var hash: String

    public init(isLeft: Bool, hash: String) {
      self.isLeft = isLeft
      self.hash = hash
    }
  }

  public var publicKey: String
  public var statement: ReceiptStatementPage
  public var address: String
  /// How many there are, and how many of them stand before this list.
  public var shares: Int
  public var offset: Int
  public var list: [Share]
  public var path: [Step]

  public init(
    publicKey: String, statement: ReceiptStatementPage, address: String, list: [Share], path: [Step]
  ) {
    self.publicKey = publicKey
    self.statement = statement
    self.address = address
    self.list = list
    self.path = path
    shares = list.count
    offset = 0
  }
}
