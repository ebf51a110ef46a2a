import Stratum

/// Whether nodes relay a payment to a script: one that they do not would keep everybody in its batch from being paid.
enum PayoutScript {
  /// One of the forms that a wallet's address stands for.
  ///
  /// Source: Bitcoin Core, `script/solver.cpp`; BIP 16, 141, 341.
  static func isStandard(_ script: [UInt8]) -> Bool {
    switch script.count {
    // OP_DUP OP_HASH160 <20> OP_EQUALVERIFY OP_CHECKSIG
    case 25: script.starts(with: [0x76, 0xa9, 20]) && script.suffix(2) == [0x88, 0xac]
    // OP_HASH160 <20> OP_EQUAL; or a witness program of 21 bytes
    case 23 where script[0] == 0xa9: script[1] == 20 && script[22] == 0x87
    // <public key> OP_CHECKSIG
    case 35 where script[0] == 33: (2...3).contains(script[1]) && script[34] == 0xac
    case 67: script[0] == 65 && script[1] == 4 && script[66] == 0xac
    case 4...42: isWitnessProgram(script)
    default: false
    }
  }

  /// Version 0 of 20 or 32 bytes, and Taproot; what later versions will be nobody knows, and anyone could spend it.
  private static func isWitnessProgram(_ script: [UInt8]) -> Bool {
    guard Int(script[1]) == script.count - 2 else { return false }
    return script[0] == 0 && [20, 32].contains(script[1]) || script[0] == 0x51 && script[1] == 32
  }
}

extension PayoutCandidate.Destination {
  /// What pays an address, as a node says.
  public init(script: [UInt8]) {
    self =
      PayoutScript.isStandard(script)
      ? .payable(script: script)
      : .invalid(
        reason: "nodes relay no payment to it: its script \(Hex.encode(script.prefix(40))) is of no usual form")
  }
}
