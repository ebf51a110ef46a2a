import Stratum

/// What a miner's password asks for: `d=512`, `a=kawpow`, separated by commas or semicolons, or the bare name of an
/// algorithm somewhere in it, as ZION's old miners write it.
///
/// Source: `reference/zion.md` §3.1.
struct PasswordOptions: Equatable {
  var difficulty: Difficulty?
  var algorithm: Algorithm?
  /// What stands after `a=` and is no algorithm.
  var unknownAlgorithm: String?

  init(_ password: String) {
    for part in password.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == " " }) {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { continue }
      switch pair[0].lowercased() {
      case "d", "diff": difficulty = Double(pair[1]).flatMap { try? Difficulty($0) }
      case "a", "algo":
        algorithm = Algorithm(named: pair[1])
        unknownAlgorithm = algorithm == nil ? String(pair[1].prefix(32)) : nil
      default: break
      }
    }
    if algorithm == nil, unknownAlgorithm == nil { algorithm = Algorithm(mentionedIn: password) }
  }
}
