import Stratum

/// The last shares before a block, as much work as the window is long: who did how much of it.
///
/// Fed from the newest to the oldest, in the order of ordinals (times decide nothing), with single shares or with the
/// sums of whole pages. A page is taken only when all of it fits; which way the work comes in changes no unit of the
/// result. The share that crosses the far end counts only as far as the end.
public struct PPLNSWindow: Sendable {
  public enum Answer: Sendable, Equatable {
    /// Feed what is next older.
    case more
    /// The page was not taken, for the window ends inside it: feed its shares one by one.
    case descend
    /// Nothing older belongs to the window.
    case full
  }

  /// In measured units: work × the rate of its algorithm.
  public let length: UInt128
  /// What was taken, in the same units. A full window may miss less than the rate of the share at its end.
  public private(set) var measured: UInt128 = 0
  public private(set) var isFull = false
  private let rates: ExchangeRates
  private var tally = WorkTally()
  private var isDescending = false

  public init(length: UInt128, rates: ExchangeRates) {
    self.length = max(1, length)
    self.rates = rates
  }

  /// Of a block of `algorithm`, which the network asks `networkWork` for: `hundredths` ÷ 100 times that work, measured.
  /// Saturates.
  public init(
    ofBlockWith algorithm: Algorithm, networkWork: ShareWork, hundredths: UInt32, rates: ExchangeRates
  ) throws(ExchangeError) {
    let rate = try rates.rate(of: algorithm)
    // Work × rate is at most 2^96 or the work itself, and so within 128 bits; the factor may take it beyond.
    let (block, overflow) = max(1, networkWork.hashes).multipliedReportingOverflow(by: rate)
    let product = UInt256(wide: overflow ? .max : block).multipliedReportingOverflow(by: UInt64(hundredths))
      .partialValue
    let length = product.quotientAndRemainder(dividingBy: UInt256(100)).quotient
    self.init(length: UInt128(exactly: length) ?? .max, rates: rates)
  }

  /// The sums of all shares of a page that is entirely older than what was fed before.
  public mutating func take(page: [WindowWork]) throws(ExchangeError) -> Answer {
    guard !isFull else { return .full }
    guard !isDescending, let measure = try measure(of: page), measure <= length - measured else {
      isDescending = true
      return .descend
    }
    for item in page { tally.add(item) }
    return advance(by: measure)
  }

  public mutating func take(share: WindowWork) throws(ExchangeError) -> Answer {
    guard !isFull else { return .full }
    let rate = try rates.rate(of: share.algorithm)
    let room = length - measured
    let (measure, overflow) = share.work.hashes.multipliedReportingOverflow(by: rate)
    guard overflow || measure > room else {
      tally.add(share)
      return advance(by: measure)
    }
    var last = share
    last.work = ShareWork(hashes: room / rate)
    tally.add(last)
    measured += last.work.hashes * rate
    isFull = true
    return .full
  }

  /// Takes of everybody's work in a page the same part, so that the window is full but for what flooring leaves: the end
  /// of a window whose single shares are not known any more. Nothing older belongs to it then.
  /// - Returns: `false` for a page that cannot be measured; nothing is taken of it.
  mutating func take(partOf page: [WindowWork]) throws(ExchangeError) -> Bool {
    guard let measure = try measure(of: page), measure > 0 else { return false }
    let room = UInt256(wide: length - measured) &<< 32
    let part = room.quotientAndRemainder(dividingBy: UInt256(wide: measure)).quotient
    for item in page { _ = try take(share: item.part(min(1 << 32, UInt64(part.clampedToInt64)))) }
    return true
  }

  private mutating func advance(by measure: UInt128) -> Answer {
    measured += measure
    isFull = measured == length
    return isFull ? .full : .more
  }

  /// `nil` when it is more than any window holds.
  private func measure(of page: [WindowWork]) throws(ExchangeError) -> UInt128? {
    var sum: UInt128 = 0
    for item in page {
      let (product, tooLarge) = try item.work.hashes.multipliedReportingOverflow(by: rates.rate(of: item.algorithm))
      let (next, overflow) = sum.addingReportingOverflow(product)
      // A sum at its limit may stand for more.
      guard !tooLarge, !overflow, item.work.hashes < .max else { return nil }
      sum = next
    }
    return sum
  }

  /// By account and algorithm, in the order of accounts' bytes.
  public var works: [WindowWork] { tally.works }

  /// How full the window is; a full one counts as exactly full.
  public var fill: WindowFill { WindowFill(measured: isFull ? length : measured, length: length) }
}

/// How much of a window there was, in measured units.
public struct WindowFill: Sendable, Equatable {
  public var measured: UInt128
  public var length: UInt128

  public init(measured: UInt128, length: UInt128) {
    self.measured = measured
    self.length = length
  }

  public var missing: UInt128 { length > measured ? length - measured : 0 }
}
