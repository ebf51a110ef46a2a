/// Jobs, in both dialects.
extension ServerMessageParser {
  static func notice(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> JobNotice {
    // KawPow's has 7.
    guard envelope.parameterCount >= 9 else { return try kawpowNotice(envelope, line) }
    guard envelope[0].kind == .string, envelope[0].count > 0 else {
      throw .wrongParameters("mining.notify: the job id must be a string")
    }
    guard let previousBlock = envelope[1].wordSwappedHash(in: line) else {
      throw .wrongParameters("mining.notify: the previous block must be 64 hex digits")
    }
    guard let coinbase1 = envelope[2].hexBytes(in: line), let coinbase2 = envelope[3].hexBytes(in: line) else {
      throw .wrongParameters("mining.notify: both parts of the coinbase must be hex")
    }
    let branches = try merkleBranches(envelope[4], line)
    guard let version = envelope[5].fullHexWord(in: line), let nBits = envelope[6].fullHexWord(in: line),
      let nTime = envelope[7].fullHexWord(in: line)
    else { throw .wrongParameters("mining.notify: version, nBits and nTime must be 8 hex digits each") }
    guard envelope[8].kind == .true || envelope[8].kind == .false else {
      throw .wrongParameters("mining.notify: clean_jobs must be true or false")
    }
    return JobNotice(
      jobID: try envelope[0].text(in: line), previousBlock: previousBlock, coinbase1: coinbase1,
      coinbase2: coinbase2, merkleBranches: branches, version: version, nBits: nBits,
      nTime: UnixTime(seconds: nTime), cleanJobs: envelope[8].kind == .true)
  }

  /// At most 32: a block has no more than 2^32 transactions.
  private static func merkleBranches(_ value: JSONValue, _ line: RawSpan) throws(WireError) -> [Hash256] {
    let expected = "mining.notify: the merkle branches must be at most 32 strings of 64 hex digits"
    guard value.kind == .array else { throw .wrongParameters(expected) }
    var branches: [Hash256] = []
    var items = JSONItems(of: value, stringLimit: stringLimit)
    while let item = try items.next(in: line) {
      guard branches.count < 32, let hash = item.hash(in: line) else { throw .wrongParameters(expected) }
      branches.append(hash)
    }
    return branches
  }

  /// `[job id, header hash, seed hash, target, clean, height, bits]`.
  ///
  /// Source: `reference/proxies.md` §4.2.
  private static func kawpowNotice(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> JobNotice {
    guard envelope.parameterCount >= 7 else {
      throw .wrongParameters("mining.notify needs 9 parameters, or 7 for KawPow")
    }
    guard envelope[0].kind == .string, envelope[0].count > 0 else {
      throw .wrongParameters("mining.notify: the job id must be a string")
    }
    guard let header = envelope[1].prefixedHash(in: line), let seed = envelope[2].prefixedHash(in: line) else {
      throw .wrongParameters("mining.notify: header and seed hash must be 64 hex digits each")
    }
    guard let target = envelope[3].target(in: line) else {
      throw .wrongParameters("mining.notify: the target must be 64 hex digits, not all zero")
    }
    guard envelope[4].kind == .true || envelope[4].kind == .false else {
      throw .wrongParameters("mining.notify: clean_jobs must be true or false")
    }
    guard let number = envelope[5].integer(in: line), let height = UInt32(exactly: number) else {
      throw .wrongParameters("mining.notify: the height must be a whole number, 0 to 4294967295")
    }
    guard let nBits = envelope[6].fullHexWord(in: line) else {
      throw .wrongParameters("mining.notify: nBits must be 8 hex digits")
    }
    return JobNotice(
      jobID: try envelope[0].text(in: line),
      .kawpow(KawPowWork(headerHash: header, seedHash: seed, height: height)), nBits: nBits,
      cleanJobs: envelope[4].kind == .true, target: target)
  }
}
