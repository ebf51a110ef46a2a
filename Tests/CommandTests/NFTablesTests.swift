import Foundation
import Orchestrator
import Pool
import Stratum
import TestSupport
import Testing

@testable import zion

/// What `zion ban export` prints, as a real nft takes it, in a network of its own.
@Suite struct NFTablesTests {
  private static let now = UnixTime(seconds: 1_764_000_000)

  private static func ban(_ subject: String, for seconds: Int64? = nil) throws -> Ban {
    Ban(
      subject: try #require(BanSubject(subject)), since: now, until: seconds.map { now.advanced(by: $0) },
      reason: "test", by: "test")
  }

  /// The sets that are in the kernel when it has read `script` as often as said: element to seconds that were asked for,
  /// 0 where it stays.
  private static func loaded(_ script: String, times: Int = 1) async throws -> [String: [String: Int]] {
    let folder = try TemporaryFolder("nft")
    let path = try folder.write(script, to: "bans.nft")
    let load = Array(repeating: "nft -f \(path)", count: times).joined(separator: " && ")
    let process = try ServerProcess(
      "nft", in: folder.url, executable: URL(fileURLWithPath: "/usr/bin/unshare"),
      arguments: [
        "--map-root-user", "--net", "/bin/sh", "-c",
        "PATH=$PATH:/usr/sbin:/sbin; \(load) && nft -j list table inet zion_bans",
      ])
    try process.start()
    let exit = try await process.end(within: .seconds(60))
    try #require(
      exit == .status(0), "\(process.output)\nTests/tools/setup.sh nftables installs nft, which this test needs")
    let listing = try JSONDecoder().decode(Listing.self, from: Data(process.output.utf8))
    return listing.nftables.compactMap(\.set).reduce(into: [:]) { sets, set in
      sets[set.name] = set.elements.reduce(into: [:]) { $0[$1.text] = $1.timeout }
    }
  }

  @Test func `an address keeps its end inside a banned network, and a network inside a larger one`() async throws {
    let bans = [
      try Self.ban("192.0.2.7"), try Self.ban("192.0.2.0/24", for: 600), try Self.ban("192.0.0.0/16", for: 60),
      try Self.ban("192.0.3.0/24", for: 900), try Self.ban("2001:db8::7", for: 30), try Self.ban("2001:db8::/64"),
      try Self.ban("anna@192.0.2.9"), try Self.ban("192.0.2.7/32", for: 60),
    ]
    let script = NFTables.script(bans, port: 3333, at: Self.now)
    #expect(
      try await Self.loaded(script, times: 2) == [
        "four_32": ["192.0.2.7": 0],
        "four_24": ["192.0.2.0/24": 600, "192.0.3.0/24": 900],
        "four_16": ["192.0.0.0/16": 60],
        "six_128": ["2001:db8::7": 30],
        "six_64": ["2001:db8::/64": 0],
      ])
    #expect(script.contains("tcp dport 3333 ip6 saddr @six_64 drop"))
    #expect(!script.contains("192.0.2.9"), "others at the address go on")
  }

  @Test func `without bans the table is empty, and loads`() async throws {
    let over = try Self.ban("192.0.2.7", for: 0)
    #expect(try await Self.loaded(NFTables.script([over], port: 3333, at: Self.now)) == [:])
  }

  // MARK: nft -j

  private struct Listing: Decodable {
    struct Item: Decodable { var set: ElementSet? }
    var nftables: [Item]
  }

  private struct ElementSet: Decodable {
    var name: String
    var elem: [Element]?
    var elements: [Element] { elem ?? [] }
  }

  /// `"192.0.2.7"`, `{"prefix": {"addr": "192.0.2.0", "len": 24}}`, or either as `val` of `{"elem": …}` with a timeout.
  private struct Element: Decodable {
    struct Prefix: Decodable {
      var addr: String
      var len: Int
    }
    struct Timed: Decodable {
      var val: Element
      var timeout: Int
    }
    enum Key: CodingKey { case prefix, elem }

    var text: String
    var timeout = 0

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self.text = text
        return
      }
      let container = try decoder.container(keyedBy: Key.self)
      if let prefix = try container.decodeIfPresent(Prefix.self, forKey: .prefix) {
        text = "\(prefix.addr)/\(prefix.len)"
      } else {
        let timed = try container.decode(Timed.self, forKey: .elem)
        (text, timeout) = (timed.val.text, timed.timeout)
      }
    }
  }
}
