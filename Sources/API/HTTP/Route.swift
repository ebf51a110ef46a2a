import FoundationEssentials
import Hummingbird
import NIOCore

/// One path and method, with everything that is known of it: what is served and what is documented are this.
struct Route: Sendable {
  typealias Run = @Sendable (Routes, Call) async throws(Refusal) -> Reply

  /// Groups of the document.
  enum Group: String, CaseIterable {
    case live, pool, orchestrator, zion, miningcore, service
  }

  /// GET, which answers HEAD as well, or POST.
  var method: HTTPRequest.Method = .get
  /// `/api/pools/{id}/blocks`
  var template: String
  var group: Group
  var summary: String
  var parameters: [Parameter] = []
  /// What the token must allow; `nil` for everybody.
  var scope: APIScope?
  /// What is sent, where something is.
  var body: RequestBody?
  /// Beside those that every route may answer.
  var statuses: [HTTPResponse.Status: String] = [:]
  var success: Success
  /// How long an answer serves others who ask the same, in the time of one look at the fleet; 0: not at all.
  var lifetimes = 1.0
  var run: Run

  struct RequestBody: Sendable {
    var contentType = "application/json"
    var schema: @Sendable () throws -> JSONTree
    var byteLimit = APIServer.bodyByteLimit
    var isRequired = true
  }

  struct Success: Sendable {
    var contentType: String
    var schema: @Sendable () throws -> JSONTree

    static func json<Page: Codable & Sendable>(_ page: Page.Type) -> Success {
      Success(contentType: "application/json; charset=utf-8") { try Schema.of(Page.self) }
    }

    /// One page or another, by what is asked.
    static func either<A: Codable & Sendable, B: Codable & Sendable>(_ a: A.Type, _ b: B.Type) -> Success {
      Success(contentType: "application/json; charset=utf-8") {
        ["anyOf": [try Schema.of(A.self), try Schema.of(B.self)]]
      }
    }

    static func text(_ contentType: String = "text/plain; charset=utf-8") -> Success {
      Success(contentType: contentType) { ["type": "string"] }
    }
  }

  var segments: [Substring] { template.split(separator: "/") }
}

/// A request that belongs to a route, with what it says in words of the route's parameters.
struct Call: Sendable {
  let request: Request
  /// By name, in one form; choices may be many.
  let values: [String: [String]]
  /// Who asks, where the request has a token that counts.
  let token: APIToken?
  /// The body of what changes something.
  var body = Data()

  /// Of a parameter in the path, or one with text; empty where it was left out.
  func text(_ name: String) -> String { values[name]?.first ?? "" }

  func isGiven(_ name: String) -> Bool { values[name] != nil }

  func number(_ name: String, otherwise: Int = 0) -> Int { values[name]?.first.flatMap { Int($0) } ?? otherwise }

  func words(_ name: String) -> [String] { values[name] ?? [] }

  var seesAddresses: Bool { token?.scopes.contains(.read) == true }

  /// `page` and `pageSize`, as Miningcore counts: from 0.
  var page: PageRequest { PageRequest(number: number("page"), size: number("pageSize", otherwise: 15)) }

  /// The beginning of the body, for the record.
  var noted: String { String(decoding: body.prefix(300), as: UTF8.self) }

  /// What names the answer, for those who ask the same.
  func name(of route: Route) -> String {
    let said = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.joined(separator: "\u{1f}"))" }
    return "\(route.template)\u{1e}\(said.joined(separator: "\u{1e}"))\u{1e}\(seesAddresses)"
  }
}

/// A part of a list.
public struct PageRequest: Sendable, Equatable {
  /// From 0.
  public var number: Int
  public var size: Int

  public init(number: Int, size: Int) {
    self.number = number
    self.size = size
  }

  public var offset: Int { number * size }
}

/// A part of a list, and how long the whole is.
public struct Paged<Item: Sendable>: Sendable {
  public var items: [Item]
  public var total: Int

  public init(_ items: [Item], total: Int) {
    self.items = items
    self.total = total
  }

  /// Of a list that is at hand.
  public init(_ all: [Item], _ page: PageRequest) {
    self.init(Array(all.dropFirst(page.offset).prefix(page.size)), total: all.count)
  }

  public func map<Other: Sendable>(_ change: (Item) -> Other) -> Paged<Other> {
    Paged<Other>(items.map(change), total: total)
  }

  /// How many pages of a size there are.
  public func pageCount(_ size: Int) -> Int { (total + max(1, size) - 1) / max(1, size) }
}

extension Parameter {
  /// Miningcore's paging.
  static let paging = [
    Parameter.integer("page", 0...1_000_000, otherwise: 0, "The page, from 0."),
    Parameter.integer("pageSize", 1...100, otherwise: 15, "Entries on a page."),
  ]
  static let pool = Parameter.name(
    "id", upTo: 64, "A pool: its name here (see /api/pools), or the local pool's own name for all its algorithms.")
  static let address = Parameter.name("address", "The address that a miner is paid at.")
}
