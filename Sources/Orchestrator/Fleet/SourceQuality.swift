/// How well a source has served, measured on our own connections over the last while.
public struct SourceQuality: Sendable, Equatable {
  /// Expected part of the shares that it rejects for another reason than being late, and that it calls stale, 0 to 1;
  /// `nil` before there is any answer.
  public var rejectRatio: Double?
  public var staleRatio: Double?
  /// Standard deviation of the sum of the two, by how few answers there are behind them; 0 before there is any.
  public var ratioDeviation: Double
  /// Answers behind the ratios.
  public var answers: Int
  /// Median and 99th percentile of connecting and of submit replies, milliseconds.
  public var connectMilliseconds: Double?
  public var connectMillisecondsP99: Double?
  public var replyMillisecondsP50: Double?
  public var replyMillisecondsP99: Double?
  /// How much later than the first source of its coin it announces a new block, seconds, on average.
  public var latenessSeconds: Double?
  public var disconnectsPerHour: Double
  /// Longest time without a new job in the last hour.
  public var longestJobGapSeconds: Double?
  /// Work that it says it credited ÷ work that we sent and it accepted; `nil` where it does not say.
  public var creditRatio: Double?
  /// Work that a move to it costs, as seconds of mining; learned.
  public var switchCostSeconds: Double?

  public init(
    rejectRatio: Double? = nil, staleRatio: Double? = nil, ratioDeviation: Double = 0, answers: Int = 0,
    connectMilliseconds: Double? = nil, replyMillisecondsP50: Double? = nil, replyMillisecondsP99: Double? = nil,
    latenessSeconds: Double? = nil, disconnectsPerHour: Double = 0, longestJobGapSeconds: Double? = nil,
    creditRatio: Double? = nil, switchCostSeconds: Double? = nil
  ) {
    self.rejectRatio = rejectRatio
    self.staleRatio = staleRatio
    self.ratioDeviation = ratioDeviation
    self.answers = answers
    self.connectMilliseconds = connectMilliseconds
    self.replyMillisecondsP50 = replyMillisecondsP50
    self.replyMillisecondsP99 = replyMillisecondsP99
    self.latenessSeconds = latenessSeconds
    self.disconnectsPerHour = disconnectsPerHour
    self.longestJobGapSeconds = longestJobGapSeconds
    self.creditRatio = creditRatio
    self.switchCostSeconds = switchCostSeconds
  }
}
