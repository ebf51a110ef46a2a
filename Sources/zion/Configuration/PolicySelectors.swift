import Orchestrator
import Stratum
import Yams

/// Reads who and what is meant: `{pool: alpha}`, `{coin: BTC, region: eu}`, `{worker: rig*, level: ">=6"}`.
struct PolicySelectors {
  let names: PolicyNames

  /// A list of selectors, such as `allow`.
  func read(_ name: String, in section: YAMLSection) -> [PolicySelector] {
    section.elements(name, of: "{pool: NAME} or {coin: BTC}").map { node, path in
      required(YAMLSection(node, path: path, report: section.report), node)
    }
  }

  /// A selector that must say something.
  func required(_ section: YAMLSection, _ node: Node?) -> PolicySelector {
    let selector = fields(of: section)
    section.end()
    if selector == PolicySelector(), !section.hasOptions {
      section.report.add(
        node, section.path, "this means every pool", write: "{pool: NAME}, {coin: BTC}, {region: eu} or {tag: green}")
    }
    return selector
  }

  /// The options of a selector, in a section that may have others.
  func fields(of section: YAMLSection) -> PolicySelector {
    let selector = PolicySelector(
      pool: section.value("pool", names.pool), coin: section.value("coin", Name.symbol),
      region: section.value("region", Name.word), tag: section.value("tag", Name.word))
    warn(section, "coin", selector.coin, among: names.coins)
    warn(section, "region", selector.region, among: names.regions)
    warn(section, "tag", selector.tag, among: names.tags)
    return selector
  }

  private func warn(_ section: YAMLSection, _ name: String, _ word: String?, among known: Set<String>?) {
    guard let word, let doubt = PolicyNames.doubt(word, name, among: known) else { return }
    section.report.warn(section.node(name), section.key(name), doubt)
  }

  func pins(_ root: YAMLSection) -> [PolicyPin] {
    root.elements("pins", of: "{who: {worker: rig*}, to: {pool: NAME}}").map { node, path in
      let section = YAMLSection(node, path: path, report: root.report)
      let who = section.needed("who", example: "{worker: rig*}")
      let to = section.needed("to", example: "{pool: NAME}")
      section.end()
      return PolicyPin(
        who: who.map(miners) ?? MinerSelector(), to: to.map { required($0, section.node("to")) } ?? PolicySelector())
    }
  }

  private func miners(_ section: YAMLSection) -> MinerSelector {
    let selector = MinerSelector(
      algorithm: section.choice("algorithm"), worker: section.value("worker", Name.pattern),
      account: section.value("account", Name.pattern), level: section.value("level", Self.levels),
      region: section.value("region", Name.word), tag: section.value("tag", Name.word))
    section.end()
    return selector
  }

  /// Levels of consciousness, from `6`, `>=6`, `<=3`, `>5`, `<4` or `2..5`.
  static func levels(_ text: String) throws(Wrong) -> ClosedRange<Int> {
    let compact = text.filter { $0 != " " }
    let wrong = Wrong("“\(text)” does not say which levels", "6, \">=6\", \"<=3\" or 2..5, of 1 to 9")
    func level(_ digits: Substring) throws(Wrong) -> Int {
      guard let number = Int(digits), (1...9).contains(number), digits.count == 1 else { throw wrong }
      return number
    }
    let range: (Int, Int)
    if compact.hasPrefix(">=") {
      range = (try level(compact.dropFirst(2)), 9)
    } else if compact.hasPrefix("<=") {
      range = (1, try level(compact.dropFirst(2)))
    } else if compact.hasPrefix(">") {
      range = (try level(compact.dropFirst()) + 1, 9)
    } else if compact.hasPrefix("<") {
      range = (1, try level(compact.dropFirst()) - 1)
    } else if let dots = compact.firstRange(of: "..") {
      range = (try level(compact[..<dots.lowerBound]), try level(compact[dots.upperBound...]))
    } else {
      range = (try level(compact[...]), try level(compact[...]))
    }
    guard range.0 <= range.1 else { throw wrong }
    return range.0...range.1
  }

  func regions(_ root: YAMLSection) -> [String: Double] {
    var regions: [String: Double] = [:]
    for entry in root.entries("regions", { text throws(Wrong) in try Quantity.number(text, in: 0...1_000_000) }) {
      do throws(Wrong) {
        regions[try Name.word(entry.key)] = entry.value
      } catch {
        root.report.add(entry.node, root.key("regions"), error.what, write: error.instead)
      }
      if let doubt = PolicyNames.doubt(entry.key, "region", among: names.regions) {
        root.report.warn(entry.node, "\(root.key("regions")).\(entry.key)", doubt)
      }
    }
    return regions
  }
}
