import Orchestrator
import Stratum
import Yams

/// `miners`: where miners are and what they are, for policies: a list of rules, at most 1000. A miner has the region of
/// the first rule that means it and has one, and the tags of all that mean it. Default: none.
///
/// A rule means the miners for whom everything holds that it names, and without these options every miner:
/// `worker`: a pattern for the worker's name, in which `*` stands for any letters.
/// `account`: a pattern for the account.
/// `network`: where they connect from, `10.2.0.0/16` or `2001:db8::/32`.
///
/// What it says of them, at least one of both:
/// `region`: in your own words, as for `pools`.
/// `tags`: a list of your own words.
///
/// A miner may also say it itself, in its password (`region=eu;tags=solar+night`), where a rule or a pool has the word.
struct MinersSection {
  static let limit = 1000

  static func read(_ root: YAMLSection) -> [MinerRule] {
    let elements = root.elements("miners", of: "{worker: rig*, region: eu} or {network: 10.2.0.0/16, tags: [solar]}")
    if elements.count > limit {
      root.report.add(
        root.node("miners"), "miners", "these are \(elements.count) rules", write: "at most \(limit); * means many")
    }
    return elements.prefix(limit).map { node, path in
      let section = YAMLSection(node, path: path, report: root.report)
      let money = PoolMoneySection(section)
      let rule = MinerRule(
        worker: section.value("worker", Name.pattern), account: section.value("account", Name.pattern),
        network: section.value("network", network), label: MinerLabel(region: money.region(), tags: money.tags()))
      if section.node("region") == nil, section.node("tags") == nil {
        root.report.add(node, path, "this says nothing of its miners", write: "region: eu, tags: [solar] or both")
      }
      section.end()
      return rule
    }
  }

  static func network(_ text: String) throws(Wrong) -> NetworkRange {
    guard let range = NetworkRange(text) else {
      throw Wrong(
        "“\(text.prefix(64))” is not a network", "such as 10.2.0.0/16, with no bit set behind the 16, or 2001:db8::/32")
    }
    return range
  }
}

extension Configuration {
  /// With the words that miners may use of themselves: those of rules and pools.
  var minerRules: MinerRules {
    let names = policyNames
    return MinerRules(miners, regions: names.regions ?? [], tags: names.tags ?? [])
  }
}
