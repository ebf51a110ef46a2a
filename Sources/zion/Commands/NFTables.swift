import Orchestrator
import Pool
import Stratum

/// Bans as `nft -f` reads them. What has the same prefix length is a set of its own: in one set an address within a
/// banned network could not end at another time than that.
///
/// Source: nft(8), "Sets": interval sets, timeouts.
enum NFTables {
  static func script(_ bans: [Ban], port: Int, at now: UnixTime) -> String {
    // Seconds that are left; an address may be banned as a network of one, too.
    var left: [NetworkRange: Int64] = [:]
    for ban in bans where ban.holds(at: now) {
      let range: NetworkRange
      switch ban.subject {
      case .address(let address): range = NetworkRange(containing: address, prefix: 128)
      case .network(let network): range = network
      case .name: continue
      }
      left[range] = max(left[range] ?? 0, ban.until.map { Int64($0.seconds) - Int64(now.seconds) } ?? .max)
    }
    let elements = Dictionary(grouping: left) { Kind(of: $0.key) }
    let kinds = elements.keys.sorted()
    let sets = kinds.map { $0.set(elements[$0, default: []]) + "\n" }
    let rules = kinds.map { "    tcp dport \(port) \($0.isIPv6 ? "ip6" : "ip") saddr @\($0.name) drop\n" }
    return """
      table inet zion_bans
      delete table inet zion_bans
      table inet zion_bans {
      \(sets.joined())  chain input {
          type filter hook input priority -5; policy accept;
      \(rules.joined())  }
      }
      """
  }

  /// Whose bans are one set.
  private struct Kind: Hashable, Comparable {
    let isIPv6: Bool
    let prefix: Int

    init(of range: NetworkRange) { (isIPv6, prefix) = (range.first.isIPv6, range.prefix) }

    var isAddress: Bool { prefix == (isIPv6 ? 128 : 32) }
    var name: String { "\(isIPv6 ? "six" : "four")_\(prefix)" }

    func set(_ elements: [(key: NetworkRange, value: Int64)]) -> String {
      let lines = elements.map { range, left in
        "\(isAddress ? "\(range.first)" : "\(range)")\(left == .max ? "" : " timeout \(left)s")"
      }
      return """
          set \(name) {
            type \(isIPv6 ? "ipv6_addr" : "ipv4_addr")
            flags \(isAddress ? "timeout" : "interval, timeout")
            elements = { \(lines.sorted().joined(separator: ",\n      ")) }
          }
        """
    }

    static func < (one: Self, other: Self) -> Bool {
      (one.isIPv6 ? 1 : 0, one.prefix) < (other.isIPv6 ? 1 : 0, other.prefix)
    }
  }
}
