import Stratum

extension JSONRPC {
  /// A value in a call's parameters. Written here and not by an encoder, so that an amount stands in the call digit
  /// for digit as it was given.
  enum Value: Sendable, Equatable {
    case bool(Bool)
    case integer(Int64)
    /// Money, in coins with eight decimals.
    case amount(AtomicUnits)
    case string(String)
    case array([Value])
    /// Written in the order of its keys.
    case object([String: Value])

    /// A whole call.
    static func call(_ method: String, _ params: [Value]) -> Value {
      .object(["jsonrpc": .string("1.0"), "id": .integer(1), "method": .string(method), "params": .array(params)])
    }

    var json: [UInt8] {
      var bytes: [UInt8] = []
      write(to: &bytes)
      return bytes
    }

    private func write(to bytes: inout [UInt8]) {
      switch self {
      case .bool(let bool): bytes += (bool ? "true" : "false").utf8
      case .integer(let number): bytes += String(number).utf8
      case .amount(let amount): bytes += CoinAmount(amount).description.utf8
      case .string(let text): Self.write(text, to: &bytes)
      case .array(let values):
        Self.write(values, between: "[", "]", to: &bytes) { $0.write(to: &$1) }
      case .object(let members):
        Self.write(members.sorted { $0.key < $1.key }, between: "{", "}", to: &bytes) { member, bytes in
          Self.write(member.key, to: &bytes)
          bytes.append(UInt8(ascii: ":"))
          member.value.write(to: &bytes)
        }
      }
    }

    private static func write<Element>(
      _ elements: [Element], between first: Unicode.Scalar, _ last: Unicode.Scalar, to bytes: inout [UInt8],
      each: (Element, inout [UInt8]) -> Void
    ) {
      bytes.append(UInt8(ascii: first))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        each(element, &bytes)
      }
      bytes.append(UInt8(ascii: last))
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
      bytes.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          bytes += [UInt8(ascii: "\\"), byte]
        case ..<0x20:
          bytes += "\\u00".utf8
          Hex.append(CollectionOfOne(byte), to: &bytes)
        default:
          bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }
}
