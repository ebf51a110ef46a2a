/// What a pool says unasked.
extension MessageWriter {
  public static func notify(
    _ job: JobID, _ work: BitcoinWork, nBits: UInt32, nTime: UnixTime, clean: Bool, into out: inout [UInt8]
  ) {
    out.reserveCapacity(
      out.count + 256 + 2 * (work.coinbase1.count + work.coinbase2.count) + 67 * work.merkleBranches.count)
    out.append("{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"")
    Hex.append(job.value, to: &out)
    out.append("\",\"")
    out.append(hexOfSwappedWords: work.previousBlock)
    out.append("\",\"")
    Hex.append(work.coinbase1, to: &out)
    out.append("\",\"")
    Hex.append(work.coinbase2, to: &out)
    out.append("\",[")
    for (i, branch) in work.merkleBranches.enumerated() {
      out.append(i == 0 ? "\"" : ",\"")
      Hex.append(branch.bytes, to: &out)
      out.append("\"")
    }
    out.append("],\"")
    Hex.append(work.version, to: &out)
    out.append("\",\"")
    Hex.append(nBits, to: &out)
    out.append("\",\"")
    Hex.append(nTime.seconds, to: &out)
    out.append(clean ? "\",true]}\n" : "\",false]}\n")
  }

  /// A whole number where it is one: cgminer showed 0 for `1024.0`.
  public static func setDifficulty(_ difficulty: Difficulty, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[")
    out.append(plain: difficulty.value)
    out.append("]}\n")
  }

  public static func setTarget(_ target: Target, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"mining.set_target\",\"params\":[\"")
    Hex.append(target.number.littleEndianBytes.reversed(), to: &out)
    out.append("\"]}\n")
  }

  /// With `"id":null`, without which LuxOS does not take it.
  public static func setExtranonce(
    _ extranonce1: Extranonce, extranonce2ByteCount: Int, into out: inout [UInt8]
  ) {
    out.append("{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"")
    out.append(hex: extranonce1)
    out.append("\",")
    out.append(decimal: extranonce2ByteCount)
    out.append("]}\n")
  }

  public static func setVersionMask(_ mask: UInt32, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"mining.set_version_mask\",\"params\":[\"")
    Hex.append(mask, to: &out)
    out.append("\"]}\n")
  }

  /// To the same address; `waitSeconds` is not said.
  public static func reconnect(into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"client.reconnect\",\"params\":[]}\n")
  }

  public static func reconnect(host: String, port: Int, waitSeconds: Int, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"client.reconnect\",\"params\":[")
    out.append(quoted: host)
    out.append(",")
    out.append(decimal: port)
    out.append(",")
    out.append(decimal: waitSeconds)
    out.append("]}\n")
  }

  public static func getVersion(id: Int, into out: inout [UInt8]) {
    beginRequest(id, "client.get_version", into: &out)
    endRequest(into: &out)
  }

  public static func showMessage(_ text: String, into out: inout [UInt8]) {
    out.append("{\"id\":null,\"method\":\"client.show_message\",\"params\":[")
    out.append(quoted: text)
    out.append("]}\n")
  }

  public static func ping(id: Int, into out: inout [UInt8]) {
    beginRequest(id, "mining.ping", into: &out)
    endRequest(into: &out)
  }
}
