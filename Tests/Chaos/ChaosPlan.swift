import TestSupport

/// What happens when in a run: all of it follows from the seed.
public struct ChaosPlan: Equatable, Sendable {
  public struct Strike: Equatable, Sendable {
    /// Seconds since the miners began.
    public var at: Double
    public var seconds: Double
    public var fault: Fault
    /// Which of the two upstream pools, where it is one of them.
    public var pool: Int

    public var end: Double { at + seconds }
  }

  public let seed: UInt64
  public let world: ChaosWorld
  /// How long miners mine.
  public let seconds: Double
  /// In order of time. All are over by `calm`.
  public let strikes: [Strike]

  /// The part of a run in which faults may be.
  static let stormShare = 0.75
  /// One strike is tried for so many seconds.
  static let secondsPerStrike = 3.0
  static let duration = 0.5...8.0

  /// When the last fault is over at the latest, in seconds since the miners began.
  public var calm: Double { strikes.map(\.end).max() ?? 0 }

  /// - Parameter database: `nil`: as the seed has it.
  public init(seed: UInt64, seconds: Double, database: ChaosWorld.Database? = nil) {
    var random = SeededRandom(seed: seed)
    let world = ChaosWorld(database: database, using: &random)
    let possible = Fault.allCases.filter { $0.isPossible(in: world) }
    var strikes: [Strike] = []
    for _ in 0..<max(1, Int(seconds / Self.secondsPerStrike)) {
      let fault = possible[Int.random(in: possible.indices, using: &random)]
      let pool = Int.random(in: 0...1, using: &random)
      let longest = min(Self.duration.upperBound, seconds * Self.stormShare / 3)
      let duration = Double.random(in: Self.duration.lowerBound...max(0.6, longest), using: &random)
      let start = Double.random(in: 0...max(0.1, seconds * Self.stormShare - duration), using: &random)
      let strike = Strike(at: start, seconds: duration, fault: fault, pool: pool)
      let part = fault.part(pool: pool)
      let isFree = strikes.allSatisfy {
        $0.fault.part(pool: $0.pool) != part || $0.end + 0.2 < strike.at || strike.end + 0.2 < $0.at
      }
      if isFree { strikes.append(strike) }
    }
    self.seed = seed
    self.world = world
    self.seconds = seconds
    self.strikes = strikes.sorted { $0.at < $1.at }
  }
}

extension ChaosPlan: CustomStringConvertible {
  public var description: String {
    let lines = strikes.map { strike in
      let name = strike.fault.rawValue + (strike.fault.part(pool: 0) == .upstream(0) ? " (\(strike.pool))" : "")
      return "  \(tenths(strike.at)) s to \(tenths(strike.end)) s  \(name)"
    }
    return (["seed \(seed): \(world), \(tenths(seconds)) s"] + lines).joined(separator: "\n")
  }
}

/// With one decimal.
func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
