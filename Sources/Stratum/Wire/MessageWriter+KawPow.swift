/// The KawPow dialect, in both roles.
///
/// Source: `reference/proxies.md` §4.2.
extension MessageWriter {
  /// `{"id":1,"result":[null,"64290b"],"error":null}`
  public static func subscribedKawPow(_ id: RequestID, prefix: Extranonce, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append("[null,\"")
    out.append(hex: prefix)
    out.append("\"]")
    endReply(into: &out)
  }

  /// The target in here and the one of `mining.set_target` must be the same: some miners go by one, some by the other.
  public static func notify(
    _ job: JobID, _ work: KawPowWork, nBits: UInt32, target: Target, clean: Bool, into out: inout [UInt8]
  ) {
    out.append("{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"")
    Hex.append(job.value, to: &out)
    out.append("\",\"")
    Hex.append(work.headerHash.bytes, to: &out)
    out.append("\",\"")
    Hex.append(work.seedHash.bytes, to: &out)
    out.append("\",\"")
    Hex.append(target.number.littleEndianBytes.reversed(), to: &out)
    out.append(clean ? "\",true," : "\",false,")
    out.append(digitsOf: UInt64(work.height))
    out.append(",\"")
    Hex.append(nBits, to: &out)
    out.append("\"]}\n")
  }

  /// `{"id":null,"method":"mining.set_extranonce","params":["64290b"]}`: the rest of the 8 bytes is the miner's.
  public static func setNoncePrefix(_ prefix: Extranonce, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"")
    out.append(hex: prefix)
    out.append("\"]}\n")
  }

  public static func submit(
    id: Int, user: String, jobID: String, _ solution: KawPowSolution, into out: inout [UInt8]
  ) {
    beginRequest(id, "mining.submit", into: &out)
    out.append(quoted: user)
    out.append(",")
    out.append(quoted: jobID)
    out.append(",\"0x")
    Hex.append(UInt32(truncatingIfNeeded: solution.nonce &>> 32), to: &out)
    Hex.append(UInt32(truncatingIfNeeded: solution.nonce), to: &out)
    out.append("\",\"0x")
    Hex.append(solution.headerHash.bytes, to: &out)
    out.append("\",\"0x")
    Hex.append(solution.mixHash.bytes, to: &out)
    out.append("\"")
    endRequest(into: &out)
  }
}
