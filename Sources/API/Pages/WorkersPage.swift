import Orchestrator
import Stratum

/// `/api/workers`: connected workers, a page at a time.
public struct WorkersPage: Codable, Sendable {
  static let orders = ["hashrate", "account", "worker", "pool", "accepted", "rejected", "connected", "lastShare"]

  struct Question {
    var page = PageRequest(number: 0, size: 50)
    var search = ""
    var sort = "hashrate"
    var isAscending = false
    var pool: String?
    var algorithms: Set<String> = []
    var seesAddresses = false

    init() {}

    init(_ call: Call) {
      page = PageRequest(number: call.number("page"), size: call.number("pageSize", otherwise: 50))
      search = call.text("search").lowercased()
      sort = call.text("sort")
      isAscending = call.text("order") == "ascending"
      pool = call.isGiven("pool") ? call.text("pool") : nil
      algorithms = Set(call.words("algorithm"))
      seesAddresses = call.seesAddresses
    }
  }

  /// All that the question fits; `workers` are one page of them.
  public let total: Int
  public let page: Int
  public let pageSize: Int
  public let pageCount: Int
  public let workers: [SessionPage]

  init(of snapshot: FleetSnapshot, _ question: Question) {
    let found = snapshot.miners.filter { Self.fits($0, question) }
    let sorted = found.sorted { a, b in
      let (first, second) = question.isAscending ? (a, b) : (b, a)
      // Of equals the older session first, whichever way.
      return Self.isBelow(first, second, by: question.sort)
        ?? (a.session < b.session)
    }
    let paged = Paged(sorted, question.page)
    total = paged.total
    page = question.page.number
    pageSize = question.page.size
    pageCount = paged.pageCount(question.page.size)
    workers = paged.items.map { SessionPage($0, seesAddress: question.seesAddresses) }
  }

  private static func fits(_ miner: MinerSnapshot, _ question: Question) -> Bool {
    if let pool = question.pool, miner.source != pool { return false }
    if !question.algorithms.isEmpty, !question.algorithms.contains(miner.algorithm.rawValue) { return false }
    guard !question.search.isEmpty else { return true }
    return [miner.identity.account, miner.identity.worker, miner.source ?? "", miner.userAgent].contains {
      $0.lowercased().contains(question.search)
    }
  }

  /// `nil` for equals.
  private static func isBelow(_ a: MinerSnapshot, _ b: MinerSnapshot, by order: String) -> Bool? {
    func compare<Value: Comparable>(_ key: (MinerSnapshot) -> Value) -> Bool? {
      let (first, second) = (key(a), key(b))
      return first == second ? nil : first < second
    }
    return switch order {
    case "account": compare { $0.identity.account }
    case "worker": compare { $0.identity.worker }
    case "pool": compare { $0.source ?? "" }
    case "accepted": compare(\.accepted)
    case "rejected": compare(\.rejected)
    case "connected": compare(\.connectedSeconds)
    case "lastShare": compare { $0.lastShareSeconds ?? .infinity }
    default: compare(\.hashrate)
    }
  }
}
