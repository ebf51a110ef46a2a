import FoundationEssentials
import Orchestrator
import Stratum

/// How many bans there were, for what, where and when. Most first; days in their order.
public struct BanStatistics: Sendable, Equatable, Codable {
  public struct Count: Sendable, Equatable, Codable {
    public var label: String
    public var count: Int
  }

  /// Kinds of violation, or `by WHO` for those that people made.
  public var reasons: [Count] = []
  /// The hundred networks with the most.
  public var networks: [Count] = []
  /// UTC days, `2026-11-29`, the oldest first.
  public var days: [Count] = []

  private static let networkLimit = 100
  private static let batch = 1000

  /// - Parameter since: older records are not read.
  public static func since(_ since: UnixTime, _ sql: any SQL) throws -> BanStatistics {
    var counts: (reasons: [String: Int], networks: [String: Int], days: [String: Int]) = ([:], [:], [:])
    var last = try BanTable.last(before: since, sql)
    while let records = Optional(try BanTable.records(after: last, limit: batch, sql)), let newest = records.last {
      last = newest.number
      for record in records {
        guard case .banned(let ban) = record.change, record.at >= since else { continue }
        counts.reasons[ban.evidence.first?.violation.rawValue ?? "by \(ban.by)", default: 0] += 1
        counts.networks[ban.subject.network.description, default: 0] += 1
        counts.days[day(record.at), default: 0] += 1
      }
    }
    var statistics = BanStatistics()
    statistics.reasons = most(counts.reasons)
    statistics.networks = Array(most(counts.networks).prefix(networkLimit))
    statistics.days = counts.days.sorted { $0.key < $1.key }.map { Count(label: $0.key, count: $0.value) }
    return statistics
  }

  private static func day(_ time: UnixTime) -> String {
    Date(timeIntervalSince1970: Double(time.seconds)).formatted(.iso8601.year().month().day())
  }

  private static func most(_ counts: [String: Int]) -> [Count] {
    counts.map { Count(label: $0.key, count: $0.value) }.sorted { ($1.count, $0.label) < ($0.count, $1.label) }
  }
}

extension BanSubject {
  /// That it is, or is in.
  public var network: NetworkRange {
    switch self {
    case .address(let address), .name(_, let address): address.network
    case .network(let network): network
    }
  }

  /// Whether a ban of it would meet somebody in `range`.
  public func overlaps(_ range: NetworkRange) -> Bool {
    switch self {
    case .address(let address), .name(_, let address): range.contains(address)
    case .network(let network): network.contains(range.first) || range.contains(network.first)
    }
  }
}
