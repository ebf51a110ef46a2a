import Stratum

/// What a policy may name. `nil`: nobody knows, so every name is taken.
struct PolicyNames: Sendable, Equatable {
  /// Pools, those that are disabled too. Another name is a mistake.
  var pools: [String]?
  /// Where another word is only worth a warning: a pool with it may come.
  var coins: Set<String>?
  var regions: Set<String>?
  var tags: Set<String>?

  /// The name of a pool, or of one of its sources: `NAME:ALGORITHM`.
  func pool(_ name: String) throws(Wrong) -> String {
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let pool = parts.count == 2 && Algorithm(rawValue: String(parts[1])) != nil ? String(parts[0]) : name
    guard let pools else {
      _ = try Name.source(pool)
      return name
    }
    if pools.contains(pool) || pools.contains(name) { return name }
    let guess = Spelling.nearest(to: pool, among: pools).map { " (did you mean \($0)?)" } ?? ""
    throw Wrong(
      "there is no pool “\(name)” in the configuration\(guess)",
      "one of \(Set(pools).sorted().joined(separator: ", "))")
  }

  /// What to say of a word that no pool of the configuration has.
  static func doubt(_ word: String, _ kind: String, among known: Set<String>?) -> String? {
    guard let known, !known.contains(word) else { return nil }
    guard !known.isEmpty else { return "no pool of the configuration has a \(kind), so this means nothing" }
    let guess = Spelling.nearest(to: word, among: known.sorted()).map { " (did you mean \($0)?)" } ?? ""
    return "no pool of the configuration has the \(kind) “\(word)”\(guess); "
      + "there is \(known.sorted().joined(separator: ", "))"
  }
}

extension Configuration {
  var policyNames: PolicyNames {
    let traits = poolTerms.values.map(\.traits)
    return PolicyNames(
      pools: pools.map(\.name) + (local.isEnabled ? [local.name] : []), coins: Set(traits.compactMap(\.coin)),
      regions: Set(traits.compactMap(\.region)), tags: traits.reduce(into: []) { $0.formUnion($1.tags) })
  }
}
