import Stratum

/// Jobs of the size that a full Bitcoin block's have: 12 branches, two coinbase outputs with a commitment.
struct JobText {
  private var height: UInt32 = 900_000
  private var number = 0
  private var previousBlock: [UInt8] = (0..<28).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) } + [0, 0, 0, 0]

  mutating func nextBlock() {
    height += 1
    for i in 0..<28 { previousBlock[i] = UInt8.random(in: 0...255) }
  }

  mutating func notify(isClean: Bool) -> [UInt8] {
    number += 1
    let heightBytes = (0..<3).map { UInt8(truncatingIfNeeded: height >> UInt32(8 * $0)) }
    let tag = Array("/bench/".utf8)
    let script = [3] + heightBytes + [UInt8(tag.count)] + tag
    // Script: height, tag, then 12 bytes of extranonce.
    let coinbase1 =
      "01000000" + "01" + String(repeating: "00", count: 32) + "ffffffff" + Hex.encode([UInt8(script.count + 12)])
      + Hex.encode(script)
    let commitment = "0000000000000000" + "26" + "6a24aa21a9ed" + String(repeating: "5c", count: 32)
    let payment = "205fa01200000000" + "19" + "76a914" + String(repeating: "3d", count: 20) + "88ac"
    let coinbase2 = "ffffffff" + "02" + payment + commitment + "00000000"
    let branches = (0..<12).map { branch in
      "\"\(Hex.encode((0..<32).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ branch &* 7 &+ number) }))\""
    }
    let line =
      "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"\(String(number, radix: 16))\","
      + "\"\(Hex.encode(previousBlock))\",\"\(coinbase1)\",\"\(coinbase2)\",[\(branches.joined(separator: ","))],"
      + "\"20000000\",\"17021369\",\"\(Hex.encode(Clock.unix.seconds))\",\(isClean)]}\n"
    return Array(line.utf8)
  }
}
