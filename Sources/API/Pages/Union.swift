/// Two pages in one object: what is ours, and what clients of other pools look for at the same path.
public struct Union<Ours: Codable & Sendable, Theirs: Codable & Sendable>: Codable, Sendable {
  public let ours: Ours
  public let theirs: Theirs

  public init(_ ours: Ours, _ theirs: Theirs) {
    self.ours = ours
    self.theirs = theirs
  }

  public init(from decoder: any Decoder) throws {
    ours = try Ours(from: decoder)
    theirs = try Theirs(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    try ours.encode(to: encoder)
    try theirs.encode(to: encoder)
  }
}
