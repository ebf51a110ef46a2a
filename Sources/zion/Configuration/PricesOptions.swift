import Orchestrator

/// `prices`: what coins are worth.
struct PricesOptions: Sendable, Equatable {
  /// `currency`: in which revenue is shown, 1 to 10 capital letters. Default `USD`.
  var currency = "USD"
  /// `SYMBOL`: one entry a coin, at most 64.
  var coins: [String: CoinPriceOptions] = [:]

  var book: PriceBook { PriceBook(currency: currency, coins: coins.mapValues(\.options)) }
}

/// One coin of `prices`. One of `static`, `file` and `feeds` is required.
struct CoinPriceOptions: Sendable, Equatable {
  /// `static`: a price that you write yourself, above 0.
  var fixed: Double?
  /// `file`: a file that holds the price, relative to the configuration file; as a feed of its own.
  /// `feeds`: a list of at most 8; with several, the median of those that agree counts.
  var feeds: [PriceFeed] = []
  /// `jump`: a price that is so many times the last one, or this part of it, is not believed at once, 1.1 to 1000.
  /// Default 3.
  var jump = 3.0
  /// `confirm_after`: a price beyond `jump` that has held so long is believed if no other feed says otherwise, 10s to
  /// 24h. Default `30m`.
  var confirmAfterSeconds = 1_800.0

  var options: PriceOptions {
    let origin = fixed.map(PriceOptions.Origin.fixed) ?? .feeds(named)
    return PriceOptions(origin, jump: jump, confirmAfterSeconds: confirmAfterSeconds)
  }

  /// Feeds of one name are told apart by a number.
  private var named: [PriceFeedOptions] {
    feeds.enumerated().map { index, feed in
      let before = feeds[..<index].count { $0.place.name == feed.place.name }
      return PriceFeedOptions(
        name: feed.place.name + (before == 0 ? "" : "#\(before + 1)"), currency: feed.currency,
        maxAgeSeconds: feed.maxAgeSeconds)
    }
  }
}

/// Somewhere a number can be read from, again and again.
struct PriceFeed: Sendable, Equatable {
  enum Place: Sendable, Equatable {
    /// `url`: `https://…` or `http://…`, at most 2048 bytes. It is given `timeout` to answer, and at most 1 MiB.
    case http(FeedURL)
    /// `file`: whose time of change is the age of the price.
    case file(String)

    /// For reports and labels: the host, or the file's name.
    var name: String {
      switch self {
      case .http(let url): url.host
      case .file(let path): path.split(separator: "/").last.map(String.init) ?? path
      }
    }
  }

  /// `url` or `file`. One is required.
  var place: Place
  /// `pointer`: where in the JSON the number is, as RFC 6901 has it: `/data/0/price`. Required with `url`; a file may
  /// hold the number alone.
  var pointer: JSONPointer?
  /// `currency`: of the number; that of `prices`, or a coin of `prices`. Default: that of `prices`.
  var currency: String?
  /// `every`: how often it is asked, 500ms to 24h. Default `60s`.
  var everySeconds = 60.0
  /// `max_age`: a price counts so long, 1s to 30 days (720h). Default `10m`.
  var maxAgeSeconds = 600.0
  /// `timeout`: how long an answer may take, 100ms to 60s. Default `10s`.
  var timeoutSeconds = 10.0
}

/// `http://HOST/…` or `https://HOST/…`.
struct FeedURL: Sendable, Equatable {
  let text: String
  let host: String

  init(_ text: String) throws(Wrong) {
    let example = "https://HOST/PATH"
    guard let scheme = text.firstRange(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound].lowercased())
    else { throw Wrong("“\(text.prefix(64))” is not an HTTP URL", example) }
    let rest = text[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else { throw Wrong("the URL holds a user name", example) }
    let isPort = authority.last != "]" && authority.contains(":")
    let host = isPort ? authority[..<(authority.lastIndex(of: ":") ?? authority.endIndex)] : authority
    let isGood = text.utf8.count <= 2_048 && text.utf8.allSatisfy { (33...126).contains($0) }
    guard !host.isEmpty, isGood else { throw Wrong("“\(text.prefix(64))” is not an HTTP URL", example) }
    self.text = text
    self.host = String(host.prefix(64)).lowercased()
  }
}
