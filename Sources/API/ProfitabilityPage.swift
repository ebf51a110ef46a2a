import Orchestrator
import Stratum

/// `/api/profitability`: what each pool is expected to pay, what our accepted work was worth, and what coins are worth.
public struct ProfitabilityPage: Codable, Sendable {
  public struct Pool: Codable, Sendable {
    /// Source, operator's name of its pool, and what they mine.
    public let name: String
    public let pool: String
    public let algorithm: Algorithm
    public let coin: String?
    public let region: String?
    public let tags: [String]
    public let scheme: PayoutScheme
    /// Part of each reward that the pool keeps, 0 to 1; taken off all figures here.
    public let fee: Double
    /// `nil` where no job could be valued: `trouble` says why.
    public let expected: Expected?
    /// What the accepted work of the last hour and day was worth by the pool's own jobs.
    public let lastHour: Earned
    public let lastDay: Earned
    public let quality: Quality
    /// Why there is no value or no price, in words.
    public let trouble: String?
  }

  public struct Expected: Codable, Sendable {
    /// Coins of one block for its miners, and expected hashes for one.
    public let blockReward: Double
    public let hashesPerBlock: Double
    public let blockIntervalSeconds: Double?
    public let coinsPerHash: Double
    /// `nil` without a price that can be trusted.
    public let currencyPerHash: Double?
    /// The same for so many hashes a second over a day: `TH/day`, or a smaller unit for algorithms of slow hashes.
    public let unit: String
    public let coinsPerUnitDay: Double
    public let currencyPerUnitDay: Double?
    /// Of the job, or of the price where that is older.
    public let ageSeconds: Double
    /// 0 to 1.
    public let confidence: Double
    /// What the pool says itself, in coins for the unit a day, and how many times what its jobs say that was on average.
    public let claimedCoinsPerUnitDay: Double?
    public let claimRatio: Double?
  }

  public struct Earned: Codable, Sendable {
    /// Expected hashes of accepted work.
    public let hashes: Double
    public let coins: Double
    public let currency: Double?
  }

  public struct Quality: Codable, Sendable {
    public let rejectRatio: Double?
    public let staleRatio: Double?
    public let answers: Int
    public let connectMilliseconds: Double?
    public let connectMillisecondsP99: Double?
    public let replyMillisecondsP50: Double?
    public let replyMillisecondsP99: Double?
    public let latenessSeconds: Double?
    public let disconnectsPerHour: Double
    public let longestJobGapSeconds: Double?
    /// Coins that the pool says it credited ÷ worth of the accepted work, over a day or two.
    public let creditRatio: Double?
    public let switchCostSeconds: Double?
  }

  public struct Price: Codable, Sendable {
    public struct Feed: Codable, Sendable {
      public let name: String
      public let state: FeedState
      public let value: Double?
      public let ageSeconds: Double?
      public let trouble: String?
    }

    public let coin: String
    public let currency: String
    /// `nil` when none can be trusted.
    public let price: Double?
    public let ageSeconds: Double?
    public let confidence: Double
    public let trouble: String?
    public let feeds: [Feed]
  }

  /// Best first: by currency, then by coins of one algorithm; those without a value last.
  public let pools: [Pool]
  public let prices: [Price]

  init(of snapshot: FleetSnapshot, prices: [PriceReport]) {
    pools = snapshot.sources.sorted(by: Self.isBetter).map(Pool.init)
    self.prices = prices.map(Price.init)
  }

  private static func isBetter(_ a: SourceSnapshot, _ b: SourceSnapshot) -> Bool {
    if a.algorithm != b.algorithm { return a.algorithm.number < b.algorithm.number }
    let (first, second) = (a.economics, b.economics)
    let currencies = (first?.currencyPerHash ?? -1, second?.currencyPerHash ?? -1)
    if currencies.0 != currencies.1 { return currencies.0 > currencies.1 }
    let coins = (first?.coinsPerHash ?? -1, second?.coinsPerHash ?? -1)
    return coins.0 == coins.1 ? a.name < b.name : coins.0 > coins.1
  }
}

extension ProfitabilityPage.Pool {
  init(_ source: SourceSnapshot) {
    name = source.name
    pool = source.pool
    algorithm = source.algorithm
    coin = source.traits.coin
    region = source.traits.region
    tags = source.traits.tags.sorted()
    scheme = source.traits.scheme
    fee = source.traits.fee
    expected = source.economics.map { .init($0, unit: RevenueUnit(source.algorithm)) }
    lastHour = .init(source.realised.hour)
    lastDay = .init(source.realised.day)
    quality = .init(source.quality)
    trouble =
      source.economics.map(\.trouble) ?? source.economicsTrouble ?? source.trouble ?? "it has sent no job yet"
  }
}

extension ProfitabilityPage.Expected {
  init(_ economics: SourceEconomics, unit: RevenueUnit) {
    blockReward = economics.blockReward
    hashesPerBlock = economics.hashesPerBlock
    blockIntervalSeconds = economics.blockIntervalSeconds
    coinsPerHash = economics.coinsPerHash
    currencyPerHash = economics.currencyPerHash
    self.unit = unit.name
    coinsPerUnitDay = unit.perDay(economics.coinsPerHash)
    currencyPerUnitDay = economics.currencyPerHash.map(unit.perDay)
    ageSeconds = economics.ageSeconds
    confidence = economics.confidence
    claimedCoinsPerUnitDay = economics.claimedCoinsPerHash.map(unit.perDay)
    claimRatio = economics.claimRatio
  }
}

/// For how many hashes a second revenue is shown: what one machine of an algorithm does, roughly.
struct RevenueUnit {
  let name: String
  let hashesPerSecond: Double

  init(_ algorithm: Algorithm) {
    (name, hashesPerSecond) =
      switch algorithm {
      case .sha256d: ("TH/day", 1e12)
      case .scrypt: ("GH/day", 1e9)
      case .kawpow, .cosmicHarmony: ("MH/day", 1e6)
      default: ("kH/day", 1e3)
      }
  }

  /// Of a day at one unit, from one hash.
  func perDay(_ perHash: Double) -> Double { perHash * hashesPerSecond * 86_400 }
}

extension ProfitabilityPage.Earned {
  init(_ sum: RealisedRevenue.Sum) {
    hashes = sum.hashes
    coins = sum.coins
    currency = sum.currency
  }
}

extension ProfitabilityPage.Quality {
  init(_ quality: SourceQuality) {
    rejectRatio = quality.rejectRatio
    staleRatio = quality.staleRatio
    answers = quality.answers
    connectMilliseconds = quality.connectMilliseconds
    connectMillisecondsP99 = quality.connectMillisecondsP99
    replyMillisecondsP50 = quality.replyMillisecondsP50
    replyMillisecondsP99 = quality.replyMillisecondsP99
    latenessSeconds = quality.latenessSeconds
    disconnectsPerHour = quality.disconnectsPerHour
    longestJobGapSeconds = quality.longestJobGapSeconds
    creditRatio = quality.creditRatio
    switchCostSeconds = quality.switchCostSeconds
  }
}

extension ProfitabilityPage.Price {
  init(_ report: PriceReport) {
    coin = report.coin
    currency = report.currency
    price = report.price
    ageSeconds = report.ageSeconds
    confidence = report.confidence
    trouble = report.trouble
    feeds = report.feeds.map {
      Feed(name: $0.name, state: $0.state, value: $0.value, ageSeconds: $0.ageSeconds, trouble: $0.trouble)
    }
  }
}
