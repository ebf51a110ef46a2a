import Stratum
import TestSupport

@testable import Pool

extension UTCDay {
  static func days(_ numbers: some Sequence<Int>) -> Set<UTCDay> {
    Set(numbers.compactMap { UTCDay(number: Int64($0)) })
  }

  /// As a period is written, by a way of its own: years and months are counted off.
  var text: String {
    var rest = Int(number)
    var year = 1970
    func lengths() -> [Int] {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    }
    while rest >= lengths().reduce(0, +) {
      rest -= lengths().reduce(0, +)
      year += 1
    }
    var month = 0
    while rest >= lengths()[month] {
      rest -= lengths()[month]
      month += 1
    }
    func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
    return "\(year)-\(padded(month + 1))-\(padded(rest + 1))"
  }
}

extension Credential {
  static let late = UnixTime(seconds: .max)

  static func of(_ kind: Kind, period: String, account: String = "me") throws -> Credential {
    try Credential(kind: kind, account: account, period: period, issuedAt: late, issuer: "key-1")
  }

  static func random(_ random: inout SeededRandom, account: String) throws -> Credential {
    let day = UTCDay(number: Int64.random(in: 20_000...20_020, using: &random))?.text ?? "2024-10-04"
    let kind: Kind =
      switch Int.random(in: 0..<3, using: &random) {
      case 0: .challenge(Challenge.allCases.randomElement(using: &random) ?? .meditationBreath)
      case 1: .meditation(minutes: UInt32.random(in: 1...1440, using: &random))
      default: .karma(points: UInt32.random(in: 1...20, using: &random))
      }
    return try of(kind, period: day, account: account)
  }
}

extension MinerFacts {
  static func random(_ random: inout SeededRandom, account: String) throws -> MinerFacts {
    var facts = MinerFacts(maturedBlocks: Int64.random(in: 0...3, using: &random))
    for algorithm in Algorithm.allCases where Int.random(in: 0..<3, using: &random) == 0 {
      facts.work[algorithm] = ShareWork(hashes: algorithm.referenceWork.hashes * random.number(bits: 14) / 16)
    }
    for day in 20_000...20_020 where Int.random(in: 0..<10, using: &random) < 8 {
      if let day = UTCDay(number: Int64(day)) { facts.days.insert(day) }
    }
    for _ in 0..<Int.random(in: 0...30, using: &random) {
      facts.credentials.append(try .random(&random, account: account))
    }
    return facts
  }
}
