extension Work: Codable, Equatable {
  private enum CodingKeys: CodingKey { case content, nBits, height }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(content, forKey: .content)
    try container.encode(nBits, forKey: .nBits)
    try container.encodeIfPresent(height, forKey: .height)
  }

  public convenience init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(Content.self, forKey: .content), nBits: try container.decode(UInt32.self, forKey: .nBits),
      height: try container.decodeIfPresent(UInt32.self, forKey: .height))
  }

  /// The same object nearly always, then nothing else is looked at.
  public static func == (a: Work, b: Work) -> Bool {
    a === b || a.nBits == b.nBits && a.height == b.height && a.content == b.content
  }
}

extension BitcoinWork: Codable {
  private enum CodingKeys: CodingKey { case previousBlock, coinbase1, coinbase2, merkleBranches, version, nTime }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(previousBlock, forKey: .previousBlock)
    try container.encode(HexBytes(coinbase1), forKey: .coinbase1)
    try container.encode(HexBytes(coinbase2), forKey: .coinbase2)
    try container.encode(merkleBranches, forKey: .merkleBranches)
    try container.encode(version, forKey: .version)
    try container.encode(nTime, forKey: .nTime)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      previousBlock: try container.decode(Hash256.self, forKey: .previousBlock),
      coinbase1: try container.decode(HexBytes.self, forKey: .coinbase1).bytes,
      coinbase2: try container.decode(HexBytes.self, forKey: .coinbase2).bytes,
      merkleBranches: try container.decode([Hash256].self, forKey: .merkleBranches),
      version: try container.decode(UInt32.self, forKey: .version),
      nTime: try container.decode(UnixTime.self, forKey: .nTime))
  }
}

extension Agreement: Codable {
  private enum CodingKeys: CodingKey { case since, seat, target, versionMask }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(since, forKey: .since)
    try container.encode(seat, forKey: .seat)
    try container.encode(target, forKey: .target)
    try container.encode(versionMask, forKey: .versionMask)
  }

  /// The work is what the target says.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      since: try container.decode(JobID.self, forKey: .since), seat: try container.decode(Seat.self, forKey: .seat),
      target: try container.decode(Target.self, forKey: .target),
      versionMask: try container.decode(UInt32.self, forKey: .versionMask))
  }
}
