import Stratum

/// One coin's feeds and the price that they are believed to say.
///
/// An answer counts while it is fresh and plausible: within the jump of the last price, or within the jump of more than
/// half of the fresh feeds, or, when nobody says otherwise, after it has held for a while. The price is the median of
/// those that count. When none does, the last price stays until it is as old as its feed's maximum.
struct CoinPrice: Sendable {
  let options: PriceOptions
  private var feeds: [Feed]
  private var last: Accepted?

  struct Feed: Sendable {
    let options: PriceFeedOptions
    var answer: Answer?
    /// Of the latest attempt; `nil` when that gave a price.
    var trouble: FeedTrouble?
    /// Since when it says something implausible, and what it said first.
    var suspect: Answer?
  }

  struct Answer: Sendable {
    var value: Double
    var at: MonotonicTime
  }

  private struct Accepted: Sendable {
    var value: Double
    var at: MonotonicTime
    var maxAgeSeconds: Double
    /// Part of the feeds that took part, 0 to 1.
    var support: Double
  }

  init(_ options: PriceOptions) {
    self.options = options
    feeds = options.feeds.map { Feed(options: $0) }
  }

  /// Beyond this nothing can be multiplied with and still be a number.
  static let possible = 1e-18...1e15

  /// A number from a feed, converted. Whatever is no price is taken as trouble.
  /// - Parameter ageSeconds: how old it already was.
  mutating func received(_ value: Double, feed index: Int, ageSeconds: Double = 0, at now: MonotonicTime) {
    guard Self.possible.contains(value) else {
      return failed(FeedTrouble(.notAPrice, "\(value) is not a price"), feed: index, at: now)
    }
    guard feeds.indices.contains(index) else { return }
    feeds[index].answer = Answer(value: value, at: now.advanced(bySeconds: -max(0, ageSeconds)))
    feeds[index].trouble = nil
    settle(at: now)
  }

  mutating func failed(_ trouble: FeedTrouble, feed index: Int, at now: MonotonicTime) {
    guard feeds.indices.contains(index) else { return }
    feeds[index].trouble = trouble
    settle(at: now)
  }

  /// Decides anew which answers count.
  private mutating func settle(at now: MonotonicTime) {
    let counting = plausible(at: now)
    for index in feeds.indices {
      guard let answer = feeds[index].answer, !counting.contains(index) else {
        feeds[index].suspect = nil
        continue
      }
      let began = feeds[index].suspect
      if began.map({ !isNear($0.value, answer.value) }) ?? true { feeds[index].suspect = answer }
    }
    let answers = counting.compactMap { feeds[$0].answer }
    guard let newest = answers.map(\.at).max() else { return }
    last = Accepted(
      value: Self.median(answers.map(\.value)), at: newest,
      maxAgeSeconds: counting.map { feeds[$0].options.maxAgeSeconds }.max() ?? 0,
      support: Double(counting.count) / Double(feeds.count))
  }

  private func plausible(at now: MonotonicTime) -> [Int] {
    let fresh = feeds.indices.filter { isFresh(feeds[$0], at: now) }
    let values = fresh.map { (index: $0, value: feeds[$0].answer?.value ?? 0) }
    // Those that most others are near to, whatever was before.
    let agreed = values.filter { one in
      let near = values.count { isNear($0.value, one.value) }
      return near >= 2 && near * 2 > values.count
    }
    if !agreed.isEmpty { return agreed.map(\.index) }
    guard let last else {
      // Nothing to compare with: one feed is believed when no other can be waited for; several that contradict each
      // other are not.
      let isWaiting = feeds.contains { $0.answer == nil && $0.trouble == nil }
      return values.count == 1 && !isWaiting ? values.map(\.index) : []
    }
    let near = values.filter { isNear($0.value, last.value) }
    if !near.isEmpty { return near.map(\.index) }
    let held = values.filter { one in
      feeds[one.index].suspect.map {
        isNear($0.value, one.value) && now.seconds(since: $0.at) >= options.confirmAfterSeconds
      } ?? false
    }
    return held.count == values.count && values.count == 1 ? held.map(\.index) : []
  }

  private func isFresh(_ feed: Feed, at now: MonotonicTime) -> Bool {
    feed.answer.map { now.seconds(since: $0.at) <= feed.options.maxAgeSeconds } ?? false
  }

  private func isNear(_ a: Double, _ b: Double) -> Bool { max(a, b) <= min(a, b) * options.jump }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
    let lower = sorted.dropFirst((sorted.count - 1) / 2).first ?? upper
    return lower + (upper - lower) / 2
  }
}

extension CoinPrice {
  /// How it stands at a moment. Cheap: some comparisons a feed.
  func report(coin: String, currency: String, at now: MonotonicTime) -> PriceReport {
    var report = PriceReport(coin: coin, currency: currency)
    if case .fixed(let price) = options.origin {
      report.price = price
      report.ageSeconds = 0
      report.confidence = 1
      return report
    }
    report.feeds = feeds.map { self.report(on: $0, at: now) }
    let bad = report.feeds.filter { $0.state != .good }
    let words = bad.compactMap { feed in feed.trouble.map { "\(feed.name) \($0)" } }.joined(separator: "; ")
    guard let last else {
      report.trouble = words.isEmpty ? "no feed has answered yet" : words
      return report
    }
    let age = now.seconds(since: last.at)
    report.ageSeconds = age
    guard age <= last.maxAgeSeconds else {
      report.trouble = "the last price is \(Int(min(age, 1e15))) s old" + (words.isEmpty ? "" : ": \(words)")
      return report
    }
    report.price = last.value
    // Falls to a half while it ages, and by a fifth when only few of the feeds stand behind it.
    report.confidence = (1 - 0.5 * age / max(last.maxAgeSeconds, 1)) * (0.8 + 0.2 * last.support)
    report.trouble = words.isEmpty ? nil : words
    return report
  }

  private func report(on feed: Feed, at now: MonotonicTime) -> PriceReport.Feed {
    let age = feed.answer.map { now.seconds(since: $0.at) }
    let shown: (state: FeedState, trouble: String?) =
      if let trouble = feed.trouble {
        (trouble.state, trouble.description)
      } else if let age, age > feed.options.maxAgeSeconds {
        (.stale, "gave its last price \(Int(min(age, 1e15))) s ago")
      } else if let answer = feed.answer, feed.suspect != nil {
        (.absurd, "says \(answer.value)\(last.map { ", and the last price was \($0.value)" } ?? "")")
      } else {
        feed.answer == nil ? (.waiting, "has not answered yet") : (.good, nil)
      }
    return PriceReport.Feed(
      name: feed.options.name, state: shown.state, value: feed.answer?.value, ageSeconds: age, trouble: shown.trouble)
  }
}
