import Stratum

/// What every shard of a proxy agrees on.
public struct ShardConfiguration: Sendable {
  /// Of connections that do not say otherwise.
  public var algorithm: Algorithm
  public var vardiff: Vardiff.Settings
  /// First difficulty of a miner that is not known yet; `nil` takes the algorithm's.
  public var startDifficulty: Difficulty?
  /// Shares of the block before count this long after a new one.
  public var staleGraceSeconds: Double
  /// Connections of one shard at most; the next is told so and closed.
  public var maximumConnections: Int

  public init(
    algorithm: Algorithm, vardiff: Vardiff.Settings, startDifficulty: Difficulty? = nil,
    staleGraceSeconds: Double = 2, maximumConnections: Int = 10_000
  ) {
    self.algorithm = algorithm
    self.vardiff = vardiff
    self.startDifficulty = startDifficulty
    self.staleGraceSeconds = staleGraceSeconds
    self.maximumConnections = maximumConnections
  }
}

/// What checking a miner's name came to.
public enum NameCheck: Sendable {
  /// With the algorithm that the name asked for, if it did.
  case accepted(MinerIdentity, Algorithm?)
  /// In words for the miner: what was expected.
  case refused(String)
}

/// Checks `ADDRESS.worker`. The answer may take a node's time.
public protocol NameChecking: Sendable {
  /// At once where that is possible, else `nil` and the slow way is taken.
  func checkNow(_ user: String) -> NameCheck?
  func check(_ user: String) async -> NameCheck
}

/// What a miner's password asks for: `d=512`, `a=scrypt`, separated by commas or semicolons.
struct PasswordOptions: Equatable {
  var difficulty: Difficulty?
  var algorithm: Algorithm?

  init(_ password: String) {
    for part in password.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == " " }) {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else {
        algorithm = algorithm ?? Algorithm(rawValue: part.lowercased())
        continue
      }
      switch pair[0].lowercased() {
      case "d", "diff": difficulty = Double(pair[1]).flatMap { try? Difficulty($0) }
      case "a", "algo": algorithm = Algorithm(rawValue: pair[1].lowercased())
      default: break
      }
    }
  }
}
