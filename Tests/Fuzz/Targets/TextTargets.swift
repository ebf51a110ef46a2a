import Orchestrator

@testable import Pool
@testable import Proxy
@testable import Stratum
@testable import zion

extension FuzzTarget {
  static let texts = [names]

  static let yaml = [policy, configuration]

  /// A policy, as a file or as an order to explain it.
  private static let policy = FuzzTarget("policy", upTo: 8192) { input in
    let report = ProblemList(file: "policy.yaml")
    let text = String(decoding: input, as: UTF8.self)
    let policy = PolicyFile.read(text, names: PolicyNames(pools: ["a", "b", "zion"]), report: report)
    try check(report.problems + report.warnings)
    guard report.problems.isEmpty else { return }
    let numbers = Array(policy.weights.values) + [policy.minDwellSeconds, policy.deadband, policy.decision.maximumRisk]
    try promise(numbers.allSatisfy { $0.isFinite && $0 >= 0 }, "a policy without mistakes says \(numbers)")
  }

  /// `zion.yaml`; the files that it names are not there.
  private static let configuration = FuzzTarget("configuration", upTo: 8192) { input in
    let text = String(decoding: input, as: UTF8.self)
    let configuration: Configuration
    do throws(ConfigurationInvalid) {
      configuration = try ConfigurationFile.parse(text, path: "/nowhere/zion.yaml")
    } catch {
      try promise(!error.problems.isEmpty, "refused, and nothing is wrong")
      return try check(error.problems)
    }
    try promise((0...65_535).contains(configuration.listen.port), "port \(configuration.listen.port)")
  }

  private static func check(_ problems: [ConfigurationProblem]) throws {
    for problem in problems {
      try promise(!problem.message.isEmpty && problem.line.map { $0 > 0 } != false, "a problem: \(problem)")
    }
  }

  /// Names, addresses and whatever else a line of text stands for.
  private static let names = FuzzTarget("names", upTo: 512) { input in
    let text = String(decoding: input, as: UTF8.self)
    for check in checks {
      do {
        try check(text)
      } catch let broken as Broken {
        throw broken
      } catch {
        // Refused.
      }
    }
  }

  private static let checks: [@Sendable (String) throws -> Void] = [
    { text in
      let name = try MinerNameParser.parse(text)
      try promise(!name.identity.account.isEmpty, "nobody is \(text)")
    },
    { text in
      let addresses = ZionAddresses(accounts: ["genesis"])
      let address = try addresses.canonical(text)
      try promise(try addresses.canonical(address) == address, "\(address) has another canonical form")
    },
    { text in
      guard let address = NetworkAddress(text) else { return }
      try promise(NetworkAddress("\(address)") == address, "\(address) is read as another address")
      try promise(address.network.contains(address), "\(address) is not in \(address.network)")
    },
    { text in
      guard let range = NetworkRange(text) else { return }
      try promise(NetworkRange("\(range)") == range, "\(range) is read as another range")
    },
    { text in
      let options = PasswordOptions(text)
      try promise(options.label.tags.count <= 16, "\(options.label.tags.count) tags")
      _ = (Algorithm(named: text), Algorithm(userAgent: text), Algorithm(mentionedIn: text))
    },
    { text in
      let place = try HostPort(text)
      try promise(try HostPort(place.description) == place, "\(place) is read as another place")
    },
    { text in
      let url = try StratumURL(text)
      try promise(try StratumURL(url.description) == url, "\(url) is read as another URL")
    },
    { text in
      let url = try NodeURL(text)
      let scheme = url.isEncrypted ? "https" : "http"
      let again = try NodeURL("\(scheme)://\(url.user):\(url.password)@\(url.endpoint)\(url.path)")
      try promise(again == url, "\(url) is read as \(again)")
    },
    { text in
      let url = try PostgresURL(text)
      try promise(!url.description.isEmpty, "a URL without a description")
    },
    { text in
      _ = ReconnectRule.isSameDomain(text, "eu.pool.example")
      _ = ReconnectRule.isSameDomain("eu.pool.example", text)
      try promise(
        !ReconnectRule.isSameDomain(text, "203.0.113.7") || text.hasPrefix("203.0.113.7"), "an address \(text)")
    },
    { text in
      let shown = TerminalText.printable(text)
      try promise(
        shown.unicodeScalars.allSatisfy { $0.value >= 32 && !(127..<160).contains($0.value) }, "shows \(shown)")
      try promise(TerminalText.width(TerminalText.fit(shown, to: 12)) == 12, "not 12 columns: \(shown)")
      _ = TerminalText.escaped(text)
    },
    { text in
      guard let amount = CoinAmount(text) else { return }
      try promise(CoinAmount(amount.description) == amount, "\(amount) is read as another amount")
    },
    { text in
      guard let hash = Hash256(displayHex: text) else { return }
      try promise(hash.displayHex == text.lowercased(), "\(hash.displayHex)")
    },
    { text in
      let seconds = try Quantity.seconds(text, in: 0...86_400)
      try promise((0...86_400).contains(seconds), "\(seconds) s")
    },
    { text in
      let points = try Quantity.basisPoints(text)
      try promise((0..<10_000).contains(points), "\(points) hundredths of a percent")
    },
    { text in try promise(try Quantity.hashrate(text) >= 0, "a speed below zero") },
    { text in try promise(try Quantity.fraction(text, in: 0...1) <= 1, "more than the whole") },
    { text in _ = (try? PolicyScheduleSection.minute(text), try? PolicyScheduleSection.zone(text)) },
    { text in
      let filter = try EventFilter(types: [], pools: [text], addresses: [text])
      try promise(filter.addresses.count == 1, "an address is lost")
    },
  ]
}
