import Stratum

@testable import Pool

/// The split once more, from the text of the rules: share by share, oldest first, with school arithmetic.
struct NaiveSplit {
  var base: [String: Int64] = [:]
  var bonus: [String: Int64] = [:]
  var remainder: Int64 = 0

  init(of example: RewardCase) {
    func rate(_ algorithm: Algorithm) -> UInt128 {
      if example.networkWork.count == 1 { return 1 }
      return max(1, Natural(1 << 96).quotient(by: Natural(example.networkWork[algorithm]?.hashes ?? 1)))
    }
    let block = Natural(example.networkWork[example.found]?.hashes ?? 1) * Natural(rate(example.found))
    let length = max(1, (block * Natural(UInt128(example.hundredths))).quotient(by: Natural(UInt128(100))))

    var counted: [WindowWork] = []
    var room = length
    for share in example.shares where room > 0 {
      let price = rate(share.algorithm)
      let most = Natural(room).quotient(by: Natural(price))
      var part = share
      part.work.hashes = min(share.work.hashes, most)
      if most > 0 { counted.append(part) }
      room = share.work.hashes > most ? 0 : room - share.work.hashes * price
    }

    var weights: [String: Natural] = [:]
    for share in counted.reversed() {
      let factor = Natural(UInt128(example.rules.eco.basisPoints(for: share.algorithm)))
      let weight = Natural(share.work.hashes) * Natural(rate(share.algorithm)) * factor
      weights[share.account] = (weights[share.account] ?? Natural(UInt128(0))) + weight
    }
    let nothing = Natural(UInt128(0))
    let whole = weights.values.reduce(nothing, +)
    guard nothing < whole else {
      if let finder = example.shares.first?.account {
        base[finder] = example.reward.value
      } else {
        remainder = example.reward.value
      }
      return
    }

    var pot = example.reward.value
    if example.rules.shortWindow == .pool {
      pot -= (Natural(units: pot) * Natural(room)).quotient(by: Natural(length), atMost: pot)
    }
    let bonusPot = min(example.fund.value, example.rules.bonusPerBlock.value)
    func raised(_ account: String) -> Natural {
      (weights[account] ?? nothing) * Natural(UInt128(example.multipliers[account] ?? 10_000))
    }
    let raisedWhole = weights.keys.reduce(nothing) { $0 + raised($1) }
    for (account, weight) in weights {
      base[account] = (Natural(units: pot) * weight).quotient(by: whole, atMost: pot)
      bonus[account] = (Natural(units: bonusPot) * raised(account)).quotient(by: raisedWhole, atMost: bonusPot)
    }
    remainder = example.reward.value - base.values.reduce(0, +)
  }
}
