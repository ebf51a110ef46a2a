/// Where the price of one coin comes from, and how much of it is believed.
public struct PriceOptions: Sendable, Equatable {
  public enum Origin: Sendable, Equatable {
    /// In the currency of the book; above 0.
    case fixed(Double)
    /// Asked again and again; with several, the median counts.
    case feeds([PriceFeedOptions])
  }

  public var origin: Origin
  /// A price that is this many times the last one, or this part of it, is not believed at once; above 1.
  public var jump: Double
  /// A price beyond `jump` is believed when it has held this long, seconds, and no other feed says otherwise.
  public var confirmAfterSeconds: Double

  public init(_ origin: Origin, jump: Double = 3, confirmAfterSeconds: Double = 1_800) {
    self.origin = origin
    self.jump = max(1.01, jump)
    self.confirmAfterSeconds = confirmAfterSeconds
  }

  public var feeds: [PriceFeedOptions] { if case .feeds(let feeds) = origin { feeds } else { [] } }
}

/// What the book must know of one feed.
public struct PriceFeedOptions: Sendable, Equatable {
  /// What reports and metrics call it, unique for its coin.
  public var name: String
  /// In which it quotes: that of the book, or a coin of the book whose own feeds quote in the book's. `nil`: the book's.
  public var currency: String?
  /// An answer counts so long, seconds.
  public var maxAgeSeconds: Double

  public init(name: String, currency: String? = nil, maxAgeSeconds: Double = 600) {
    self.name = name
    self.currency = currency
    self.maxAgeSeconds = maxAgeSeconds
  }
}

/// How a feed is.
public enum FeedState: String, Sendable, CaseIterable, Codable {
  /// Not asked yet, or no answer yet.
  case waiting
  case good
  /// It did not answer in time.
  case slow
  /// No connection, or the file cannot be read.
  case unreachable
  /// An HTTP status that is not 200.
  case refused
  case tooLong = "too_long"
  case notJSON = "not_json"
  /// The pointer leads nowhere.
  case missing
  /// Not a number, or not above 0.
  case notAPrice = "not_a_price"
  /// Too far from the last price and from the other feeds.
  case absurd
  /// Its last good answer is older than its maximum age.
  case stale
}

/// Why a feed gave no price.
public struct FeedTrouble: Error, Equatable, Sendable, CustomStringConvertible {
  /// Never `.waiting`, `.good`, `.absurd` or `.stale`.
  public let state: FeedState
  /// A sentence's end: `answered with status 503`.
  public let description: String

  public init(_ state: FeedState, _ description: String) {
    self.state = state
    self.description = description
  }
}

/// One coin's price, with how it came about.
public struct PriceReport: Sendable, Equatable {
  public struct Feed: Sendable, Equatable {
    public var name: String
    public var state: FeedState
    /// Its last answer in the book's currency, whether it is believed or not.
    public var value: Double?
    /// Of that answer.
    public var ageSeconds: Double?
    /// What is wrong, in words.
    public var trouble: String?

    public init(
      name: String, state: FeedState, value: Double? = nil, ageSeconds: Double? = nil, trouble: String? = nil
    ) {
      self.name = name
      self.state = state
      self.value = value
      self.ageSeconds = ageSeconds
      self.trouble = trouble
    }
  }

  public var coin: String
  public var currency: String
  /// `nil` when none can be trusted.
  public var price: Double?
  /// Since the newest answer behind the price; 0 for a fixed one.
  public var ageSeconds: Double?
  /// 0 without a price, 1 for a fixed one or when all feeds have just agreed.
  public var confidence: Double
  /// What is wrong, in words, also where there still is a price.
  public var trouble: String?
  public var feeds: [Feed]

  public init(
    coin: String, currency: String, price: Double? = nil, ageSeconds: Double? = nil, confidence: Double = 0,
    trouble: String? = nil, feeds: [Feed] = []
  ) {
    self.coin = coin
    self.currency = currency
    self.price = price
    self.ageSeconds = ageSeconds
    self.confidence = confidence
    self.trouble = trouble
    self.feeds = feeds
  }
}
