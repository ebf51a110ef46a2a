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
    let places = snapshot.miners.indices.compactMap { index in
      Self.fits(snapshot.miners[index], question) ? Place(snapshot.miners[index], index, by: question.sort) : nil
    }
    let sorted = places.sorted { a, b in
      let (first, second) = question.isAscending ? (a, b) : (b, a)
      // Of equals the older session first, whichever way.
      return first.isBelow(second) ?? (a.session < b.session)
    }
    let paged = Paged(sorted, question.page)
    total = paged.total
    page = question.page.number
    pageSize = question.page.size
    pageCount = paged.pageCount(question.page.size)
    workers = paged.items.map { SessionPage(snapshot.miners[$0.index], seesAddress: question.seesAddresses) }
  }

  /// What is moved about while sorting, in place of a miner.
  private struct Place: Sendable {
    let text: String
    let number: Double
    let session: UInt64
    let index: Int

    init(_ miner: MinerSnapshot, _ index: Int, by order: String) {
      session = miner.session
      self.index = index
      switch order {
      case "account": (text, number) = (miner.identity.account, 0)
      case "worker": (text, number) = (miner.identity.worker, 0)
      case "pool": (text, number) = (miner.source ?? "", 0)
      case "accepted": (text, number) = ("", Double(miner.accepted))
      case "rejected": (text, number) = ("", Double(miner.rejected))
      case "connected": (text, number) = ("", miner.connectedSeconds)
      case "lastShare": (text, number) = ("", miner.lastShareSeconds ?? .infinity)
      default: (text, number) = ("", miner.hashrate.hashesPerSecond)
      }
    }

    /// `nil` for equals.
    func isBelow(_ other: Place) -> Bool? {
      if number != other.number { return number < other.number }
      return text == other.text ? nil : text < other.text
    }
  }

  private static func fits(_ miner: MinerSnapshot, _ question: Question) -> Bool {
    if let pool = question.pool, miner.source != pool { return false }
    if !question.algorithms.isEmpty, !question.algorithms.contains(miner.algorithm.rawValue) { return false }
    guard !question.search.isEmpty else { return true }
    return [miner.identity.account, miner.identity.worker, miner.source ?? "", miner.userAgent].contains {
      $0.lowercased().contains(question.search)
    }
  }
}
