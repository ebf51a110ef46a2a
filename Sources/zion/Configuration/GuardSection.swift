import Orchestrator
import Pool
import Stratum
import Yams

/// `limits`
struct LimitsSection {
  private let section: YAMLSection

  init(_ section: YAMLSection) { self.section = section }

  func read() -> LimitOptions {
    var result = LimitOptions()
    let million = 1...1_000_000
    func count(_ name: String) -> Int? {
      section.value(name) { text throws(Wrong) in try Quantity.integer(text, in: million) }
    }
    result.connections = count("connections") ?? result.connections
    result.firstShareSeconds =
      section.value("first_share") { text throws(Wrong) in try Quantity.seconds(text, in: 60...86_400) }
      ?? result.firstShareSeconds
    result.perAddress = count("per_address")
    result.newcomers = count("newcomers") ?? result.newcomers
    result.newcomersPerAddress = count("newcomers_per_address") ?? result.newcomersPerAddress
    rate(section.section("address_rate"), into: &result.addressRate)
    rate(section.section("network_rate"), into: &result.networkRate)
    section.end()
    return result
  }

  private func rate(_ section: YAMLSection, into rate: inout LimitOptions.RateOptions) {
    rate.burst = section.value("burst") { text throws(Wrong) in try Quantity.integer(text, in: 1...1_000_000) }
    rate.perSecond =
      section.value("per_second") { text throws(Wrong) in Double(try Quantity.integer(text, in: 1...100_000)) }
      ?? rate.perSecond
    section.end()
  }
}

/// `bans`
struct BansSection {
  static let allowLimit = 1000

  private let section: YAMLSection

  init(_ section: YAMLSection) { self.section = section }

  func read() -> BanOptions {
    var result = BanOptions()
    result.isEnabled = section.value("enabled", Quantity.boolean) ?? result.isEnabled
    result.rules.allowed = section.values("allow", of: "networks", MinersSection.network)
    if result.rules.allowed.count > Self.allowLimit {
      section.report.add(
        section.node("allow"), section.key("allow"), "these are \(result.rules.allowed.count) networks",
        write: "at most \(Self.allowLimit)")
    }
    func seconds(_ name: String, from least: Double) -> Int64? {
      section.value(name) { text throws(Wrong) in Int64(try Quantity.seconds(text, in: least...31_536_000)) }
    }
    result.rules.firstBan = seconds("first", from: 60) ?? result.rules.firstBan
    result.rules.longestBan = seconds("longest", from: 60) ?? result.rules.longestBan
    result.rules.memory = seconds("memory", from: 3600) ?? result.rules.memory
    if result.rules.longestBan < result.rules.firstBan {
      section.report.add(
        section.node("longest") ?? section.node("first"), section.key("longest"), "it is shorter than the first ban",
        write: "at least as much as first")
    }
    result.rules.strikes =
      section.value("strikes") { text throws(Wrong) in try Quantity.integer(text, in: 1...64) } ?? result.rules.strikes
    result.rules.addressesOfNetwork =
      section.value("network") { text throws(Wrong) in try Quantity.integer(text, in: 2...256) }
      ?? result.rules.addressesOfNetwork
    weights(section.section("weights"), into: &result.rules.conduct)
    section.end()
    return result
  }

  private func weights(_ section: YAMLSection, into rules: inout ConductRules) {
    for violation in Violation.allCases {
      let part = section.section(violation.rawValue)
      var weight = rules.weights[violation] ?? .init(points: 0, halfLife: 1)
      weight.points =
        part.value("points") { text throws(Wrong) in try Quantity.number(text, in: 0...100) } ?? weight.points
      weight.halfLife =
        part.value("half_life") { text throws(Wrong) in try Quantity.seconds(text, in: 1...86_400) } ?? weight.halfLife
      rules.weights[violation] = weight
      part.end()
    }
    section.end()
  }
}
