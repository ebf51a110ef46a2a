/// The KawPow dialect, as kawpowminer and the Ravencoin pools speak it.
///
/// Source: `reference/proxies.md` §4.2.
extension MessageParser {
  /// `[user, job id, nonce, header hash, mix hash]`, the last three in hex with or without `0x`.
  static func kawpowSubmission(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ShareSubmission {
    guard envelope.parameterCount >= 5 else {
      throw .wrongParameters("mining.submit needs [user, job id, nonce, header hash, mix hash]")
    }
    guard envelope[0].kind == .string else { throw .wrongParameters("mining.submit: the user must be a string") }
    guard envelope[1].kind == .string else { throw .wrongParameters("mining.submit: the job id must be a string") }
    // In the words that pools of this dialect use: miners' logs are searched for them.
    guard let nonce = envelope[2].prefixedNumber(in: line, digits: 16) else {
      throw .wrongParameters("incorrect size of nonce, must be 8 bytes of hex")
    }
    guard let header = envelope[3].prefixedHash(in: line) else {
      throw .wrongParameters("incorrect size of header hash, must be 32 bytes of hex")
    }
    guard let mix = envelope[4].prefixedHash(in: line) else {
      throw .wrongParameters("incorrect size of mix hash, must be 32 bytes of hex")
    }
    return ShareSubmission(
      user: try envelope[0].text(in: line), job: envelope[1].hexWord(in: line).map { JobID($0) },
      .kawpow(KawPowSolution(nonce: nonce, headerHash: header, mixHash: mix)))
  }

  /// `[rate, id of the rig]`: the rate in hex with `0x`, up to 32 bytes long. What is beyond 64 bits is cut to that.
  static func reportedHashrate(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> Hashrate {
    try envelope.requireArray()
    guard envelope[0].kind == .string, envelope[0].count <= 66,
      let rate = envelope[0].leadingNumber(in: line)
    else { throw .wrongParameters("eth_submitHashrate needs [rate in hex after 0x, id]") }
    return Hashrate(rate)
  }
}

extension JSONValue {
  /// Where the digits begin: after `0x`, where that is there.
  private func digitsStart(in line: RawSpan) -> Int {
    count >= 2 && (line.holds("0x", at: start) || line.holds("0X", at: start)) ? start + 2 : start
  }

  /// Exactly `digits` hex digits (at most 16), after `0x` or not.
  func prefixedNumber(in line: RawSpan, digits: Int) -> UInt64? {
    let first = digitsStart(in: line)
    return end - first == digits ? shortNumber(in: line) : nil
  }

  /// 1 to 16 hex digits, after `0x` or not.
  func shortNumber(in line: RawSpan) -> UInt64? {
    let first = digitsStart(in: line)
    guard kind == .string, (1...16).contains(end - first) else { return nil }
    var number: UInt64 = 0
    for offset in first..<end {
      guard let digit = Hex.digit(line.byte(at: offset)) else { return nil }
      number = number &<< 4 | UInt64(digit)
    }
    return number
  }

  /// Any number of hex digits, as a `Double`.
  fileprivate func leadingNumber(in line: RawSpan) -> Double? {
    let first = digitsStart(in: line)
    guard first < end else { return nil }
    var number = 0.0
    for offset in first..<end {
      guard let digit = Hex.digit(line.byte(at: offset)) else { return nil }
      number = number * 16 + Double(digit)
    }
    return number
  }

  /// 64 hex digits, after `0x` or not, in the order of the wire.
  func prefixedHash(in line: RawSpan) -> Hash256? {
    let first = digitsStart(in: line)
    guard kind == .string, end - first == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for offset in stride(from: first, to: end, by: 2) {
      guard let byte = line.hexByte(at: offset) else { return nil }
      bytes.append(byte)
    }
    return Hash256(bytes: bytes)
  }
}
