import Orchestrator
import Stratum

/// `/metrics`, in the text format 0.0.4. Labels are names of the configuration and closed sets; never a miner's words.
struct PrometheusText {
  private var text = ""

  /// - Parameter books: `nil` without a local pool, or while its database cannot be read.
  static func of(
    _ snapshot: FleetSnapshot, about: About, uptimeSeconds: Double, books: BooksReport? = nil,
    policy: PolicyReport? = nil, prices: [PriceReport] = [], workings: Workings = Workings()
  ) -> String {
    var page = PrometheusText()
    page.family("zion_info", "gauge", "What runs here.", [([("version", about.version), ("policy", about.policy)], 1)])
    page.family("zion_uptime_seconds", "gauge", "Since the process started.", [([], uptimeSeconds)])
    page.zion(snapshot, about: about, books: books)
    page.activeMiners(snapshot)
    page.workings(workings)
    page.fleet(snapshot)
    page.sources(snapshot.sources)
    page.shares(snapshot.sources)
    page.verifier(snapshot.verifier)
    page.economics(snapshot.sources)
    page.prices(prices)
    if let books { page.ledger(books) }
    if let policy { page.policy(policy) }
    return page.text
  }

  private mutating func ledger(_ books: BooksReport) {
    family(
      "zion_ledger_imbalance_atomic", "gauge", "The sum of all accounts of the ledger; anything but 0 is wrong.",
      [([], Double(books.imbalance))])
    family(
      "zion_ledger_wallet_atomic", "gauge", "What the pool's wallet should hold.", [([], Double(books.walletHolds))])
    family("zion_ledger_bonus_fund_atomic", "gauge", "Left in the bonus fund.", [([], Double(books.bonusFund))])
    family("zion_ledger_reserve_atomic", "gauge", "Left in the PPS reserve.", [([], Double(books.reserve))])
    family(
      "zion_payout_batches", "gauge", "Batches of payments that are not closed.",
      books.openPayouts.sorted { $0.key < $1.key }.map { ([("state", $0.key)], Double($0.value)) })
  }

  private mutating func policy(_ policy: PolicyReport) {
    family(
      "zion_policy_reloads_total", "counter", "Edits of the policy file; broken ones did not take effect.",
      [([("result", "ok")], Double(policy.reloads)), ([("result", "broken")], Double(policy.brokenReloads))])
    family(
      "zion_policy_broken", "gauge", "1 while the policy file is not what is in use.",
      [([], policy.problems.isEmpty ? 0 : 1)])
  }

  private mutating func fleet(_ snapshot: FleetSnapshot) {
    var miners: [Algorithm: Int] = [:]
    for index in snapshot.miners.indices { miners[snapshot.miners[index].algorithm, default: 0] += 1 }
    family(
      "zion_miners", "gauge", "Connected and authorized miners.",
      Algorithm.allCases.map { ([("algorithm", $0.rawValue)], Double(miners[$0] ?? 0)) })
  }

  private mutating func sources(_ sources: [SourceSnapshot]) {
    gauge("zion_source_ready", "1 when the source can take miners.", sources) { $0.isReady ? 1 : 0 }
    gauge("zion_source_connections", "Open connections to the source.", sources) { Double($0.connections) }
    gauge("zion_source_hashrate", "Accepted work, hashes per second.", sources) { $0.hashrate.hashesPerSecond }
    gauge("zion_source_job_age_seconds", "Since the last job.", sources) { $0.jobAgeSeconds }
    gauge("zion_source_agreement_ratio", "Accepted by the source over answered by it.", sources) {
      $0.counters.agreement
    }
    family(
      "zion_source_reply_seconds", "summary", "Time until the source answers a share.",
      sources.flatMap { source in
        [("0.5", source.replyMillisecondsP50), ("0.99", source.replyMillisecondsP99)].compactMap { quantile, value in
          value.map { (labels(source) + [("quantile", quantile)], $0 / 1000) }
        }
      })
    family(
      "zion_source_connect_seconds", "summary", "From opening a connection to the source to being authorized there.",
      sources.flatMap { source in
        [("0.5", source.connectMillisecondsP50), ("0.99", source.connectMillisecondsP99)].compactMap {
          quantile, value in
          value.map { (labels(source) + [("quantile", quantile)], $0 / 1000) }
        }
      })
    family(
      "zion_source_work_hashes_total", "counter", "Accepted work.",
      sources.map { (labels($0), $0.acceptedWork.approximate) })
    family(
      "zion_blocks_found_total", "counter", "Shares that met the network's target.",
      sources.map { (labels($0), Double($0.counters.blocks)) })
  }

  private mutating func shares(_ sources: [SourceSnapshot]) {
    family(
      "zion_shares_accepted_total", "counter", "Shares that miners were told are accepted.",
      sources.map { (labels($0), Double($0.counters.toldAccepted)) })
    family(
      "zion_shares_rejected_total", "counter", "Shares that miners were told are rejected.",
      sources.flatMap { source in
        let known = Set(RejectReason.allCases.map(\.rawValue))
        let reasons = Dictionary(
          source.counters.toldRejected.map { (known.contains($0) ? $0 : "other", $1) }, uniquingKeysWith: +)
        return reasons.sorted { $0.key < $1.key }.map { (labels(source) + [("reason", $0.key)], Double($0.value)) }
      })
    family(
      "zion_shares_forwarded_total", "counter", "Shares sent on to the source.",
      sources.map { (labels($0), Double($0.counters.forwarded)) })
    family(
      "zion_shares_answered_total", "counter", "What the source answered; unknown: never.",
      sources.flatMap { source in
        let counters = source.counters
        let answers = [
          ("accepted", counters.sourceAccepted), ("rejected", counters.sourceRejected), ("unknown", counters.unknown),
        ]
        return answers.map { (labels(source) + [("answer", $0.0)], Double($0.1)) }
      })
  }

  private mutating func verifier(_ verifier: VerifierSnapshot) {
    family(
      "zion_verifier_queue_depth", "gauge", "Shares that wait for a verifier thread.",
      [([], Double(verifier.waiting))])
    family(
      "zion_verifier_queue_seconds", "gauge", "What the waiting shares will take of one core.",
      [([], verifier.waitingSeconds)])
    let lines = verifier.algorithms.sorted { $0.key.number < $1.key.number }
    func label(_ algorithm: Algorithm) -> Labels { [("algorithm", algorithm.rawValue)] }
    family(
      "zion_verifier_verified_total", "counter", "Shares hashed by verifier threads.",
      lines.map { (label($0.key), Double($0.value.verified)) })
    family(
      "zion_verifier_wrong_mix_total", "counter", "KawPow shares whose mix hash was not what their nonce gives.",
      lines.filter { $0.key.dialect == .kawpow }.map { (label($0.key), Double($0.value.wrong)) })
    family(
      "zion_verifier_busy_seconds_total", "counter", "Time that verifier threads hashed.",
      lines.map { (label($0.key), $0.value.verifySecondsTotal) })
    family(
      "zion_verifier_wait_seconds", "summary", "Time that the latest shares waited.",
      lines.flatMap { quantiles($0.value.waitSecondsP50, $0.value.waitSecondsP99, label($0.key)) })
    family(
      "zion_verifier_verify_seconds", "summary", "Time that the latest shares took.",
      lines.flatMap { quantiles($0.value.verifySecondsP50, $0.value.verifySecondsP99, label($0.key)) })
  }

  private func quantiles(_ p50: Double?, _ p99: Double?, _ labels: Labels) -> [(Labels, Double)] {
    [("0.5", p50), ("0.99", p99)].compactMap { quantile, value in
      value.map { (labels + [("quantile", quantile)], $0) }
    }
  }

  typealias Labels = [(name: String, value: String)]

  func labels(_ source: SourceSnapshot) -> Labels {
    [("source", source.name), ("kind", source.kind.rawValue), ("algorithm", source.algorithm.rawValue)]
  }

  mutating func gauge(
    _ name: String, _ help: String, _ sources: [SourceSnapshot], _ value: (SourceSnapshot) -> Double?
  ) {
    family(name, "gauge", help, sources.compactMap { source in value(source).map { (labels(source), $0) } })
  }

  mutating func family(_ name: String, _ type: String, _ help: String, _ samples: [(Labels, Double)]) {
    family(name, type, help, samples.map { ("", $0.0, $0.1) })
  }

  /// `suffix`: what the samples of a histogram have behind its name.
  mutating func family(
    _ name: String, _ type: String, _ help: String, _ samples: [(suffix: String, labels: Labels, value: Double)]
  ) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for (suffix, labels, value) in samples {
      let list = labels.map { "\($0.name)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
      text += "\(name)\(suffix)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
    }
  }

  static func escape(_ value: String) -> String {
    value.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\\": result += #"\\"#
      case "\"": result += #"\""#
      case "\n": result += #"\n"#
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
  }
}
