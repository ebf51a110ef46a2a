import Orchestrator
import Stratum

/// What a miner's password asks for: `d=512`, `a=kawpow`, separated by commas or semicolons, or the bare name of an
/// algorithm somewhere in it, as ZION's old miners write it; and what it says of the miner: `region=eu`,
/// `tags=solar+night`.
///
/// Source: `reference/zion.md` §3.1.
struct PasswordOptions: Equatable {
  var difficulty: Difficulty?
  var algorithm: Algorithm?
  /// What stands after `a=` and is no algorithm.
  var unknownAlgorithm: String?
  var label = MinerLabel()

  init(_ password: String) {
    for part in password.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == " " }) {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { continue }
      switch pair[0].lowercased() {
      case "d", "diff": difficulty = Double(pair[1]).flatMap { try? Difficulty($0) }
      case "a", "algo": prefer([String(pair[1])])
      case "region": label.region = String(pair[1].prefix(Self.wordLimit))
      case "tags":
        label.tags = Set(pair[1].split(separator: "+").prefix(Self.tagLimit).map { String($0.prefix(Self.wordLimit)) })
      default: break
      }
    }
    if algorithm == nil, unknownAlgorithm == nil { algorithm = Algorithm(mentionedIn: password) }
  }

  /// Longer words and more tags are cut: no rule has them.
  private static let wordLimit = 32
  private static let tagLimit = 16

  /// The first of `names` that is known: XMRig lists all that it can, what it prefers first.
  mutating func prefer(_ names: [String]) {
    guard let first = names.first else { return }
    algorithm = names.lazy.compactMap { Algorithm(named: $0) }.first
    unknownAlgorithm = algorithm == nil ? String(first.prefix(32)) : nil
  }
}
