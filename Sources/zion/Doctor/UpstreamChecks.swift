import NIOCore
import NIOPosix
import Proxy
import Stratum

/// Every server of every upstream pool: connected to, logged in at, and a first job from it.
struct UpstreamChecks {
  let pools: [PoolOptions]
  let group: any EventLoopGroup
  static let limit = TimeAmount.seconds(15)

  /// Findings, and how far ahead of `wall` the clocks of the jobs are.
  func run(wall: UnixTime) async -> (findings: [DoctorFinding], offsets: [(by: String, seconds: Double)]) {
    let probes = pools.filter(\.isEnabled).flatMap { pool in
      let upstream = UpstreamConfiguration(pool)
      return zip(pool.urls, upstream.endpoints).map { url, endpoint in
        (pool, "\(pool.name) at \(url)", UpstreamProbe(upstream, at: endpoint), url.isEncrypted)
      }
    }
    guard !probes.isEmpty else { return ([.ok("upstreams", "no upstream pool is configured")], []) }
    let reports = await withTaskGroup(of: (Int, UpstreamProbe.Report).self) { tasks in
      for (index, probe) in probes.enumerated() {
        tasks.addTask { (index, await probe.2.run(on: group, limit: Self.limit)) }
      }
      return await tasks.reduce(into: [Int: UpstreamProbe.Report]()) { $0[$1.0] = $1.1 }
    }
    var findings: [DoctorFinding] = []
    var offsets: [(by: String, seconds: Double)] = []
    for (index, probe) in probes.enumerated() {
      guard let report = reports[index] else { continue }
      findings.append(Self.judge(report, name: probe.1, user: probe.0.user))
      if let finding = Self.judgeWay(report, name: probe.1, isEncrypted: probe.3) { findings.append(finding) }
      if let time = report.jobTime { offsets.append((probe.1, Double(time.seconds) - Double(wall.seconds))) }
    }
    return (findings, offsets)
  }

  static func judge(_ report: UpstreamProbe.Report, name: String, user: String) -> DoctorFinding {
    guard let trouble = report.trouble else {
      let difficulty = report.difficulty.map { " at difficulty \(Quantity.shown($0.value))" } ?? ""
      return .ok(
        "upstreams", "\(name): logged in, first job\(difficulty) after \(Table.milliseconds(report.seconds * 1000))")
    }
    if report.isLoginRefused {
      return .fault(
        "upstreams", "\(name) does not let “\(user)” in: \(trouble)",
        do: "see user and password of the pool in the configuration, and your account on the pool's page")
    }
    let remedy =
      switch report.step {
      case .nothing: "see its url and the pool's page for another server, and that the firewall lets you out"
      case .connected: "see on the pool's page that this port is for stratum, and for this algorithm"
      case .subscribed, .authorized: "see on the pool's page that this port is for your algorithm; try again later"
      case .job: "try again"
      }
    return .fault("upstreams", "\(name): \(trouble)\(stage(report.step))", do: remedy)
  }

  /// `nil`: nobody on the way can do harm, or it is not known where the pool is.
  static func judgeWay(_ report: UpstreamProbe.Report, name: String, isEncrypted: Bool) -> DoctorFinding? {
    guard report.isPublic, !isEncrypted else { return nil }
    return .warning(
      "upstreams",
      "\(name) is reached in the clear over a public network: whoever is between can take the hashrate, unseen",
      do: "write stratum+ssl:// with the pool's port for TLS, if it has one")
  }

  private static func stage(_ step: UpstreamProbe.Report.Step) -> String {
    switch step {
    case .nothing: ""
    case .connected: " (connected, not subscribed)"
    case .subscribed: " (subscribed, not logged in)"
    case .authorized: " (logged in, without a job)"
    case .job: ""
    }
  }
}
