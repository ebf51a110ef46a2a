/// Who mines where: what the proxy carries out.
public struct RoutingPlan: Sendable, Equatable {
  /// Where a new session, or one whose source is lost, goes: the first name that is ready and has a seat.
  /// In a split, the proxy starts at the source that is furthest below its share.
  public var order: [String]
  /// Wanted share of the work for each source; empty in failover.
  public var weights: [String: Double]
  /// Sessions to move now.
  public var moves: [Move]

  public struct Move: Sendable, Equatable {
    public var session: UInt64
    public var to: String
    public init(session: UInt64, to: String) {
      self.session = session
      self.to = to
    }
  }

  public init(order: [String], weights: [String: Double] = [:], moves: [Move] = []) {
    self.order = order
    self.weights = weights
    self.moves = moves
  }
}
