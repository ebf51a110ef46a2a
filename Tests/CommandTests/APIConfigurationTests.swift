import Hashing
import Stratum
import Testing

@testable import API
@testable import zion

/// `api.socket`, `.changes`, `.tokens`, `.cors`, `.rate_limit`.
@Suite struct APIConfigurationTests {
  private static let digest = Hex.encode(sha256(Array("sesame".utf8)))

  private func parse(_ text: String) throws -> APIOptions {
    try ConfigurationFile.parse(text, path: "conf/farm.yaml").api
  }

  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "conf/farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func `tokens are known by their digests`() throws {
    let options = try parse(
      """
      api:
        token: old
        tokens:
          - { name: alice, sha256: \(Self.digest), scopes: [read, money] }
        allow_plain_writes: true
        cors: ["https://pool.example"]
        rate_limit: { per_second: 5, burst: 9, loopback: true }
        answers_serve: 3s
      """)
    let access = options.access
    #expect(access.owner(of: "sesame".utf8)?.name == "alice")
    #expect(access.owner(of: "sesame".utf8)?.scopes == [.read, .money])
    #expect(access.owner(of: "old".utf8)?.scopes == [.read, .operate])
    #expect(access.owner(of: "sesam".utf8) == nil)
    #expect(access.allowsPlainWrites && access.origins == ["https://pool.example"])
    #expect(access.rate == RateLimit(perSecond: 5, burst: 9, countsLoopback: true) && access.freshSeconds == 3)
  }

  @Test func `by default there is no token, any page may read, and a client may ask 50 times a second`() throws {
    let access = try parse("").access
    #expect(access.tokens.isEmpty && !access.allowsPlainWrites && access.origins == ["*"])
    #expect(access.rate == RateLimit(perSecond: 50, burst: 200) && access.freshSeconds == 1)
  }

  @Test func `a socket is looked for beside the file, and may be the only place for changes`() throws {
    let options = try parse("api: { socket: run/zion.sock, changes: socket }")
    #expect(options.socket == "conf/run/zion.sock" && options.access.changesAtSocketOnly)
    #expect(try parse("api: { socket: /run/zion/api.sock }").socket == "/run/zion/api.sock")
    #expect(try !parse("api: { socket: zion.sock }").access.changesAtSocketOnly)
    // `sun_path` ends with a zero.
    let longest = "/" + String(repeating: "s", count: 106)
    #expect(try parse("api: { socket: \(longest) }").socket == longest)
    #expect(problems("api: { socket: \(longest)s }").contains { $0.contains("at most 107 bytes") })
    #expect(problems("api: { changes: socket }").contains { $0.contains("api.socket: PATH") })
    #expect(problems("api: { socket: s, changes: port }").contains { $0.contains("anywhere or socket") })
  }

  @Test func `mistakes are told with line, key and what to write`() {
    let found = problems(
      """
      api:
        tokens:
          - { name: alice, sha256: sesame, scopes: [read] }
          - { name: bob, sha256: \(Self.digest), scopes: [all] }
          - { name: carol, sha256: \(Self.digest) }
        cors: ["pool.example"]
        rate_limit: { burst: 0 }
      """)
    for words in [
      "api.tokens[0].sha256", "zion api token", "“all” is not a scope", "read, operate, money",
      "api.tokens[2].scopes", "“pool.example” is not an origin", "api.rate_limit.burst",
    ] {
      #expect(found.contains { $0.contains(words) }, "\(words) in \(found)")
    }
  }
}
