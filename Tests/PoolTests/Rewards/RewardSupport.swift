import Stratum
import TestSupport

@testable import Pool

extension SeededRandom {
  /// Any number of bits up to `bits`, each as likely: small and great numbers alike. At least 1.
  mutating func number(bits: Int) -> UInt128 {
    let wide = UInt128(next()) << 64 | UInt128(next())
    return max(1, wide >> UInt128(128 - Int.random(in: 1...bits, using: &self)))
  }

  /// Zero or more.
  mutating func amount(bits: Int = 63) -> AtomicUnits {
    Int.random(in: 0..<8, using: &self) == 0 ? .zero : AtomicUnits(Int64(number(bits: bits)))
  }
}

/// A pool's shares before a block, and all that the block is split by.
struct RewardCase {
  var shares: [WindowWork] = []
  var networkWork: [Algorithm: ShareWork] = [:]
  var found = Algorithm.sha256d
  var hundredths: UInt32 = 200
  var reward = AtomicUnits.zero
  var multipliers: [String: UInt32] = [:]
  var fund = AtomicUnits.zero
  var rules = RewardRules()

  /// - Parameter shares: newest first.
  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 1...3, using: &random)
    let algorithms = Array(Algorithm.allCases.shuffled(using: &random).prefix(count))
    for algorithm in algorithms {
      networkWork[algorithm] = ShareWork(hashes: random.number(bits: count == 1 ? 100 : 85))
    }
    found = algorithms[0]
    hundredths = [1, 50, 200, 333, 1000].randomElement(using: &random) ?? 200
    let accounts = (0..<Int.random(in: 1...9, using: &random)).map { "ZION_\(seed)_\($0 * 7 % 9)" }
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let algorithm = algorithms.randomElement(using: &random) ?? found
      let block = networkWork[algorithm]?.hashes ?? 1
      let part = max(1, block / UInt128(UInt64.random(in: 1...30, using: &random)))
      shares.append(
        WindowWork(
          account: accounts.randomElement(using: &random) ?? "a", algorithm: algorithm,
          work: ShareWork(hashes: max(1, part - UInt128.random(in: 0..<part, using: &random) / 8))))
    }
    reward = random.amount(bits: [20, 40, 63].randomElement(using: &random) ?? 63)
    fund = random.amount()
    for account in accounts where Bool.random(using: &random) {
      multipliers[account] = ConsciousnessMultipliers.all.randomElement(using: &random)
    }
    rules.bonusPerBlock = random.amount(bits: [10, 31, 63].randomElement(using: &random) ?? 31)
    rules.shortWindow = Bool.random(using: &random) ? .miners : .pool
    rules.windowHundredths = hundredths
    if Bool.random(using: &random) {
      rules.eco = EcoFactors(overridden: [found: UInt32.random(in: 0...30_000, using: &random)])
    }
  }

  var rates: ExchangeRates { ExchangeRates(networkWork: networkWork) }

  func emptyWindow() throws -> PPLNSWindow {
    try PPLNSWindow(
      ofBlockWith: found, networkWork: networkWork[found] ?? .zero, hundredths: hundredths, rates: rates)
  }

  func window() throws -> PPLNSWindow {
    var window = try emptyWindow()
    for share in shares { if try window.take(share: share) == .full { break } }
    return window
  }

  func earnings() throws -> BlockEarnings {
    let window = try window()
    return BlockEarnings(
      reward: reward, finder: shares.first?.account, works: window.works, fill: window.fill, rates: rates,
      multipliers: multipliers, fund: fund)
  }
}

enum ConsciousnessMultipliers {
  static let all: [UInt32] = [10_000, 10_500, 11_000, 12_500, 15_000, 20_000, 30_000, 50_000, 100_000]
}
