/// What we say as a miner. Replies of ours (`text`, `pong`) are the same in both roles.
extension MessageWriter {
  /// - Parameter resume: the session id of an earlier connection.
  public static func subscribe(id: Int, userAgent: String, resume: String? = nil, into out: inout [UInt8]) {
    beginRequest(id, "mining.subscribe", into: &out)
    out.append(quoted: userAgent)
    if let resume {
      out.append(",")
      out.append(quoted: resume)
    }
    endRequest(into: &out)
  }

  public static func authorize(id: Int, user: String, password: String, into out: inout [UInt8]) {
    beginRequest(id, "mining.authorize", into: &out)
    out.append(quoted: user)
    out.append(",")
    out.append(quoted: password)
    endRequest(into: &out)
  }

  /// Asks for version rolling only. Source: BIP 310.
  public static func configure(id: Int, mask: UInt32, minimumBitCount: Int, into out: inout [UInt8]) {
    let rolling = ExtensionRequest.VersionRolling(mask: mask, minimumBitCount: minimumBitCount)
    configure(id: id, ExtensionRequest(versionRolling: rolling), into: &out)
  }

  /// Source: BIP 310.
  public static func configure(id: Int, _ request: ExtensionRequest, into out: inout [UInt8]) {
    beginRequest(id, "mining.configure", into: &out)
    out.append("[")
    func name(_ text: String) {
      if out.last != UInt8(ascii: "[") { out.append(",") }
      out.append(quoted: text)
    }
    if request.versionRolling != nil { name("version-rolling") }
    if request.minimumDifficulty != nil { name("minimum-difficulty") }
    if request.subscribeExtranonce { name("subscribe-extranonce") }
    for other in request.others { name(other) }
    out.append("],{")
    if let rolling = request.versionRolling {
      out.append("\"version-rolling.mask\":\"")
      Hex.append(rolling.mask, to: &out)
      out.append("\",\"version-rolling.min-bit-count\":")
      out.append(decimal: rolling.minimumBitCount)
    }
    if let minimum = request.minimumDifficulty {
      out.append(request.versionRolling == nil ? "\"minimum-difficulty.value\":" : ",\"minimum-difficulty.value\":")
      out.append(plain: minimum.value)
    }
    out.append("}")
    endRequest(into: &out)
  }

  public static func extranonceSubscribe(id: Int, into out: inout [UInt8]) {
    beginRequest(id, "mining.extranonce.subscribe", into: &out)
    endRequest(into: &out)
  }

  public static func suggestDifficulty(id: Int, _ difficulty: Difficulty, into out: inout [UInt8]) {
    beginRequest(id, "mining.suggest_difficulty", into: &out)
    out.append(plain: difficulty.value)
    endRequest(into: &out)
  }

  /// - Parameter jobID: the pool's own name for the job.
  public static func submit(
    id: Int, user: String, jobID: String, _ solution: BitcoinSolution, into out: inout [UInt8]
  ) {
    beginRequest(id, "mining.submit", into: &out)
    out.append(quoted: user)
    out.append(",")
    out.append(quoted: jobID)
    out.append(",\"")
    out.append(hex: solution.extranonce2)
    out.append("\",\"")
    Hex.append(solution.nTime.seconds, to: &out)
    out.append("\",\"")
    Hex.append(solution.nonce, to: &out)
    if let versionBits = solution.versionBits {
      out.append("\",\"")
      Hex.append(versionBits, to: &out)
    }
    out.append("\"")
    endRequest(into: &out)
  }

  static func beginRequest(_ id: Int, _ method: StaticString, into out: inout [UInt8]) {
    out.append("{\"id\":")
    out.append(decimal: id)
    out.append(",\"method\":\"")
    out.append(method)
    out.append("\",\"params\":[")
  }

  static func endRequest(into out: inout [UInt8]) { out.append("]}\n") }
}
