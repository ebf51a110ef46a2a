import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import Pool
import Stratum

/// All checks of `zion doctor`, in the order in which they are printed.
struct Doctor {
  /// `nil`: what zion run does without a file.
  let path: String?
  let group: any EventLoopGroup
  let http: HTTPClient

  func run() async -> [DoctorFinding] {
    var configuration = Configuration()
    var findings: [DoctorFinding] = []
    if let path {
      do throws(ConfigurationInvalid) {
        configuration = try ConfigurationFile.load(path)
        findings.append(.ok("config", "\(path) has no mistakes"))
      } catch {
        // Nothing else can be looked for: nobody knows what was meant.
        return error.problems.map {
          .fault("config", $0.description, do: "correct it; zion config check \(path) reads it again")
        } + [evenness()] + SecretChecks(path: path).run().filter { $0.level != .ok }
      }
    } else {
      findings.append(.ok("config", "no file: what zion run does without one"))
    }
    findings.append(Self.policy(configuration))
    if let path { findings += SecretChecks(path: path).run() }
    return findings + (await checks(configuration))
  }

  private func checks(_ configuration: Configuration) async -> [DoctorFinding] {
    let (group, http) = (group, http)
    let wall = Clocks.wall()
    async let ports = PortChecks(configuration: configuration, group: group).run()
    async let upstreams = UpstreamChecks(pools: configuration.pools, group: group).run(wall: wall)
    async let feeds = FeedChecks(configuration: configuration, http: http).run()
    async let times = TimeServers(http: http).offsets(Self.timeServers(configuration))
    async let pool = Self.localPool(configuration, http: http)
    var findings = [
      MachineChecks.descriptors(limit: DescriptorLimit.raised(), connections: configuration.limits.connections),
      evenness(),
    ]
    let (asked, offsets) = await upstreams
    findings.append(MachineChecks.clock(offsets: await times + offsets))
    findings.append(MachineChecks.folder(configuration.data))
    findings += CertificateChecks(configuration: configuration).run(wall: wall)
    findings += await ports
    findings += await pool
    return findings + asked + (await feeds)
  }

  private static func localPool(_ configuration: Configuration, http: HTTPClient) async -> [DoctorFinding] {
    guard configuration.local.isEnabled else { return [.ok("database", "no local pool: none is needed")] }
    async let database = DatabaseChecks(local: configuration.local, data: configuration.data).run()
    async let node = NodeChecks(local: configuration.local, http: http).run()
    return await database + node
  }

  /// A twentieth of a second on both of the kernel's clocks.
  private func evenness() -> DoctorFinding {
    let (wall, steady) = (Clocks.wallMilliseconds(), Clocks.uptime())
    usleep(50_000)
    return MachineChecks.clock(
      wallSeconds: (Double(Clocks.wallMilliseconds()) - Double(wall)) / 1000,
      monotonicSeconds: Clocks.uptime().seconds(since: steady), wall: Int64(Clocks.wall().seconds))
  }

  private static func policy(_ configuration: Configuration) -> DoctorFinding {
    let policy = configuration.policy
    guard policy.mode != .failover, policy.mode != .split, configuration.prices.coins.isEmpty,
      Set(configuration.pools.compactMap(\.money.coin)).count > 1
    else {
      let file = configuration.policySource.map { " of \($0.file)" } ?? ""
      return .ok("policy", "\(policy.name)\(file), \(policy.mode.rawValue), can be used")
    }
    return .warning(
      "policy", "\(policy.name) decides by revenue, the pools pay in different coins, and no price is configured",
      do: "write prices: with a feed for each coin")
  }

  private static func timeServers(_ configuration: Configuration) -> [(name: String, url: String)] {
    var servers: [(name: String, url: String)] = []
    for options in configuration.prices.coins.values {
      for case .http(let url) in options.feeds.map(\.place) { servers.append((url.host, url.text)) }
    }
    if case .bitcoin(let urls, _) = configuration.local.node, configuration.local.isEnabled {
      servers += urls.map { ("node \($0.endpoint)", $0.url) }
    }
    return servers
  }
}
