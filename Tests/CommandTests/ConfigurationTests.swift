import Foundation
import Orchestrator
import Pool
import Stratum
import TestSupport
import Testing

@testable import zion

@Suite struct ConfigurationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func `config/dev.yaml says what zion run does without a file`() throws {
    var development = try ConfigurationFile.load("\(Self.root)/config/dev.yaml")
    #expect(development.policySource?.file.hasSuffix("policies/default.yaml") == true)
    development.policySource = nil
    #expect(development == Configuration())
  }

  @Test func `an empty file says the same`() throws {
    #expect(try ConfigurationFile.parse("# nothing\n", path: "x.yaml") == Configuration())
  }

  @Test func `the example of a farm can be run`() throws {
    let farm = try ConfigurationFile.load("\(Self.root)/config/farm.example.yaml")
    #expect(farm.pools.map(\.name) == ["alpha", "beta"])
    #expect(farm.pools[0].urls.map(\.description).last == "stratum+ssl://alpha.example:3443")
    #expect(farm.local.fees == FeeOption.zion)
    #expect(farm.policy == Policy())
  }

  @Test func `the example of a split fits the example of a farm`() throws {
    let list = ProblemList(file: "split")
    let text = try TextFile.read("\(Self.root)/policies/split.example.yaml")
    let policy = PolicyFile.read(text, sources: ["alpha", "beta", "zion"], report: list)
    #expect(list.problems.isEmpty)
    #expect(policy.weights == ["alpha": 60, "beta": 30, "zion": 10])
    #expect(policy.mode == .split)
  }

  @Test func `every option is read`() throws {
    let folder = try TemporaryFolder("configuration")
    try folder.write("sesame\n", to: "token")
    try folder.write("{name: mine, order: [b, a], fallback: z, min_dwell: 5s, failback_after: 1m}", to: "p.yaml")
    let file = try folder.write(
      """
      listen: "[::1]:4000"
      threads: 3
      algorithm: scrypt
      reply: upstream
      data: /srv/zion
      api: {token_file: token, listeners: 70, cors: ["https://Pool.example", "http://10.0.0.1:8080"]}
      vardiff: {target: 500ms, start: 8, minimum: 2, maximum: 1e3}
      limits: {connections: 77}
      receipts: {enabled: no, every: 10m, keep: 2h}
      policy: p.yaml
      pools:
        - {name: a, url: tcp://h:1, user: u, password: p w, worker: "{miner}-{worker}", extranonce2: 2, enabled: no}
        - {name: b, url: "stratum+tls://h:2", fallback_urls: ["ssl://[::2]:3"], user: u, algorithm: sha256d}
      local:
        name: z
        node: bitcoin
        address: bcrt1qabc
        bitcoin: {urls: ["http://me:pa:ss@10.0.0.1:18443/wallet/w"], poll: 2s}
        fees: [{to: humanitarian, percent: by-year}, {to: bcrt1qdef, percent: 0.5 %}]
        database: sqlite:other.db
        share_grace: 0s
        coinbase_tag: /mine/
      """.replacing("500ms", with: "10s"), to: "zion.yaml")
    let read = try ConfigurationFile.load(file)
    #expect(read.listen == HostPort(host: "::1", port: 4000))
    #expect(read.api.listeners == 70 && read.api.origins == ["https://pool.example", "http://10.0.0.1:8080"])
    #expect(read.api.listen == HostPort(host: "127.0.0.1", port: 4001) && read.api.token == "sesame")
    #expect(read.vardiff.ranges[.scrypt]?.start?.value == 8 && read.vardiff.targetSeconds == 10)
    #expect(read.limits.connections == 77 && read.threads == 3 && read.algorithm == .scrypt)
    #expect(!read.receipts.isEnabled && read.receipts.settings.periodSeconds == 600)
    #expect(read.receipts.settings.keepSeconds == 7200)
    #expect(read.reply == .upstream && read.data == "/srv/zion")
    #expect(read.policy.order == ["b", "a"] && read.policy.fallback == "z" && read.policy.failbackAfterSeconds == 60)
    #expect(!read.pools[0].isEnabled && read.pools[0].password == "p w" && read.pools[0].extranonce2ByteCount == 2)
    #expect(read.pools[0].algorithm == .scrypt && read.pools[1].algorithm == .sha256d)
    #expect(read.pools[1].urls.map(\.isEncrypted) == [true, true])
    #expect(read.pools[0].worker == "{miner}-{worker}")
    guard case .bitcoin(let urls, let poll) = read.local.node else {
      Issue.record("the node is \(read.local.node)")
      return
    }
    #expect(poll == 2 && urls.map(\.url) == ["http://10.0.0.1:18443/wallet/w"])
    #expect(urls.map(\.user) == ["me"] && urls.map(\.password) == ["pa:ss"])
    #expect(read.local.fees[1] == FeeOption(to: "bcrt1qdef", amount: .basisPoints(50)))
    #expect(read.local.database == .sqlite(file: "other.db") && read.local.coinbaseTag == "/mine/")
    #expect(read.local.shareGraceSeconds == 0 && read.local.name == "z")
  }

  @Test func `a bitcoin node has no fees unless they are written`() throws {
    let text = "local: {node: bitcoin, address: a1, bitcoin: {urls: [\"http://u:p@h:1\"]}}"
    #expect(try ConfigurationFile.parse(text, path: "x.yaml").local.fees.isEmpty)
  }

  @Test func `all mistakes are reported at once, by line`() {
    let found = problems(
      """
      listn: 0.0.0.0:3333
      threads: many
      pools:
        - name: alpha
          url: http://pool.example:1
          extranonce2: 9
      local:
        fees: [{to: dev, percent: 60.001}]
      """)
    #expect(
      found == [
        "farm.yaml:1: listn: there is no such option (did you mean listen?); write one of alerts, algorithm, api, bans, "
          + "data, limits, listen, local, miners, policy, pools, prices, receipts, reply, threads, vardiff",
        "farm.yaml:2: threads: “many” is not a whole number; write 0 to 1024",
        "farm.yaml:4: pools[0].user: is missing; write user: YOUR_ACCOUNT",
        "farm.yaml:5: pools[0].url: the scheme “http” is not known; write stratum+tcp://HOST:PORT, or "
          + "stratum+ssl://HOST:PORT for TLS",
        "farm.yaml:6: pools[0].extranonce2: 9 is out of range; write 2 to 8",
        "farm.yaml:8: local.fees[0].percent: “60.001” is not a percentage of 0 to 99.99; write such as 0.33, or "
          + "by-year",
      ])
  }

  /// The text, and what the only problem must contain.
  static let mistakes: [(text: String, words: String)] = [
    ("listen: 3333", "farm.yaml:1: listen: has no port; write HOST:PORT"),
    ("listen: h:70000", "which is not 0 to 65535"),
    ("listen: ::1:3333", "more than one colon; write an IPv6 address in brackets"),
    ("listen: [1, 2]", "listen: this is a list, not one value"),
    ("algorithm: sha256", "did you mean sha256d?"),
    ("reply: both", "“both” is not known; write local or upstream"),
    ("vardiff: {target: 15}", "“15” is not a duration; write a number with ms, s, m or h"),
    ("vardiff: {target: 1h}", "1h is out of range; write 1s to 10m"),
    ("vardiff: {start: nan}", "“nan” is not a difficulty"),
    ("vardiff: {minimum: 10, maximum: 1}", "is above the maximum"),
    ("vardiff: 15s", "vardiff: this is one value, not a list of options"),
    ("limits: {connections: 0}", "0 is out of range; write 1 to 1000000"),
    ("api: {token: a b}", "this is not a token"),
    ("api: {listeners: 0}", "0 is out of range; write 1 to 100000"),
    ("api: {cors: [pool.example]}", "“pool.example” is not an origin; write https://HOST, http://HOST:PORT or *"),
    ("api: {cors: [\"https://pool.example/\"]}", "is not an origin"),
    ("api: {token_file: /nonexistent}", "/nonexistent cannot be read: No such file or directory"),
    ("api: {token: a, token_file: /nonexistent}", "token"),
    ("pools: alpha", "this is one value, not a list; write a list of pools"),
    ("pools: [{name: auto, url: tcp://h:1, user: u}]", "“auto” is a word of `zion move`"),
    ("pools: [{name: a b, url: tcp://h:1, user: u}]", "is not a pool's name"),
    ("pools: [{name: zion, url: tcp://h:1, user: u}]", "is also the name of pools[0]"),
    ("pools: [{name: a, url: tcp://h:1, user: u}, {name: a, url: tcp://h:1, user: u}]", "also the name of pools[0]"),
    ("pools: [{name: a, url: tcp://h:1, user: u, worker: \"{rig}\"}]", "“{rig” is no placeholder"),
    ("pools: [{name: a, url: tcp://me@h:1, user: u}]", "holds a user name; write that under user:"),
    ("pools: [{name: a, url: tcp://h:1, user: u, enabled: maybe}]", "neither true nor false"),
    ("local: {enabled: false}", "nothing to mine"),
    ("local: {node: bitcoin, address: a}", "local.bitcoin.urls: is missing"),
    ("local: {node: bitcoin, bitcoin: {urls: [\"http://u:p@h:1\"]}}", "local.address: is missing"),
    ("local: {bitcoin: {urls: [\"http://h:1\"]}}", "the URL has no user and password"),
    ("local: {fees: [{to: pool, percent: 80}, {to: humanitarian, percent: by-year}]}", "together they reach 105 %"),
    ("local: {database: mysql:x}", "write sqlite:FILE"),
    ("local: {database: postgres:x}", "local.database: this is not a URL of PostgreSQL; write sqlite:FILE"),
    ("local: {database: \"postgres://h\"}", "the URL names no database"),
    ("local: {database: \"postgres://h/db?sslmod=require\"}", "invalid URI query parameter: \"sslmod\""),
    ("local: {database: \"postgres://h/db?sslmode=on\"}", "sslmode is none of disable, allow, prefer"),
    ("local: {database: \"postgres://h:99999/db\"}", "the port is not 1 to 65535"),
    ("local: {database: \"postgres://h/db?sslrootcert=/nonexistent\"}", "sslrootcert /nonexistent cannot be read"),
    ("local: {database_password_file: x}", "no PostgreSQL database is configured"),
    ("local: {database: \"postgres://u:p@h/db\", database_password_file: x}", "holds a password too; write only one"),
    ("local: {database: \"postgres://u@h/db\", database_password_file: /nonexistent}", "/nonexistent cannot be read"),
    ("local: {retention: 90}", "“90” is not a number of days; write a whole number with d, such as 90d"),
    ("local: {retention: 1d}", "1d is out of range; write 8d to 36500d"),
    ("local: {coinbase_tag: 123456789012345678901}", "at most 20 printable ASCII characters"),
    ("policy: nowhere.yaml", "nowhere.yaml cannot be read: No such file or directory"),
    ("a: [1", "while parsing a flow sequence that begins in line 1"),
    ("listen: h:1\nlisten: h:2", "listen: this key is there twice"),
    ("\tlisten: h:1", "this is not YAML"),
    ("- 1", "this is a list, not a list of options"),
    ("listen: \u{1}", "this is not text"),
  ]

  @Test(arguments: mistakes.indices) func `a mistake is named with its place and its cure`(index: Int) {
    let (text, words) = Self.mistakes[index]
    let found = problems(text)
    #expect(!found.isEmpty && found.contains { $0.contains(words) }, "\(text): \(found)")
    #expect(found.allSatisfy { $0.hasPrefix("farm.yaml") && $0.count < 400 })
  }

  @Test func `a PostgreSQL database is read with its TLS mode, and its password from a file of one's own`() throws {
    let folder = try TemporaryFolder("database")
    let secret = try folder.write("s3cret\n", to: "password")
    let text = """
      local: {database: "postgresql://me@[::1]:5433/pool?sslmode=verify-full", database_password_file: password, \
      retention: 30d}
      """
    let file = try folder.write(text, to: "zion.yaml")
    chmod(secret, 0o644)
    let refused = #expect(throws: ConfigurationInvalid.self) { try ConfigurationFile.load(file) }
    #expect(
      refused?.problems.map(\.description) == [
        "\(file):1: local.database_password_file: others may use \(secret) (mode 644); run chmod 600 \(secret)"
      ])
    chmod(secret, 0o600)
    let read = try ConfigurationFile.load(file).local
    guard case .postgres(let url) = read.database else {
      Issue.record("the database is \(read.database)")
      return
    }
    #expect(url.password == "s3cret" && !url.hasPassword)
    #expect("\(read.database)" == "postgres://me@[::1]:5433/pool" && read.retentionDays == 30)
    #expect(try read.database.open(in: ".", pool: "zion", makesFile: false).name == "\(url)")
    for secret in ["postgres://me:a?b@h/pool", "postgres://h/pool?user=me&password=a?b", "postgres://me:a%3fb@h/pool"] {
      let shown = try PostgresURL(secret).description
      #expect(["postgres://me@h/pool"].contains(shown), "\(secret): \(shown)")
    }
  }

  @Test func `messages never repeat a password or token`() {
    let secrets =
      problems(
        """
        api: {token: "sec ret"}
        pools: [{name: a, url: tcp://h:1, user: u, password: "sec\\u00e9ret"}]
        local: {bitcoin: {urls: ["http://u:secret@h", "http://secret"]}, database: "postgres://u:secret@h"}
        """)
      + ["postgres://u:secret@h:1x/d", "postgres://u:sec%ret@h/d", "mysql://u:secret@h/d"].flatMap {
        problems("local: {database: \"\($0)\"}")
      }
    #expect(secrets.count == 8)
    #expect(!secrets.contains { $0.contains("sec") && !$0.contains("section") })
  }

  @Test func `the mistakes of the policy carry its own lines`() throws {
    let folder = try TemporaryFolder("policy")
    let policy = try folder.write(
      "mode: split\norder: [zion]\nweights: {zoin: 70, zion: -1}\ndeadband: 3\nmin_dwel: 3s\n", to: "p.yaml")
    let file = try folder.write("policy: p.yaml\n", to: "zion.yaml")
    let invalid = #expect(throws: ConfigurationInvalid.self) { try ConfigurationFile.load(file) }
    let found = invalid?.problems.map { "\($0.file == policy ? "p" : $0.file):\($0.line ?? 0): \($0.key)" }
    #expect(found == ["p:2: order", "p:3: weights.zion", "p:3: weights", "p:4: deadband", "p:5: min_dwel"])
    #expect(invalid?.problems[2].message.contains("did you mean zion?") == true)
  }

  @Test func `the humanitarian tithe rises to a quarter`() {
    let tithe = FeeOption(to: "humanitarian", amount: .byYear)
    #expect(
      [2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031].map(tithe.basisPoints) == [
        1000, 1000, 1200, 1500, 1800, 2000, 2500, 2500,
      ])
  }

  @Test func `percentages are exact to a hundredth`() throws {
    #expect(try Quantity.basisPoints("0.33") == 33)
    #expect(try Quantity.basisPoints("10") == 1000)
    #expect(try Quantity.basisPoints("99.9%") == 9990)
    for text in ["", ".", "1.", ".5x", "-1", "1e1", "100", "0.333"] {
      #expect(throws: Wrong.self, "\(text)") { try Quantity.basisPoints(text) }
    }
  }
}
