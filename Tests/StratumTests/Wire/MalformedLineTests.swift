import Stratum
import TestSupport
import Testing

struct MalformedLineTests {
  @Test func `there are over two hundred kinds, none twice`() {
    let names = Set(MalformedLines.all.map(\.name))
    let lines = Set(MalformedLines.all.map(\.bytes))
    #expect(names.count == MalformedLines.all.count)
    #expect(lines.count == MalformedLines.all.count)
    #expect(lines.count >= 200)
    #expect(!MalformedLines.all.contains { $0.bytes.contains(10) })
  }

  @Test(arguments: MalformedLines.all)
  func `each is refused with a reason, or harmless`(entry: MalformedLines.Entry) {
    do throws(MalformedLine) {
      let line = try MessageParser.parse(entry.bytes)
      #expect(entry.expectation == .harmless, "parsed as \(line)")
    } catch {
      #expect(entry.expectation == .refused, "refused: \(error.message)")
      #expect(error.message.count > 5)
    }
  }

  @Test(arguments: MalformedLines.all.filter { $0.expectation == .refused })
  func `what one dialect refuses, the other does, but for the other's shares`(entry: MalformedLines.Entry) {
    guard entry.name != MalformedLines.kawpowInBitcoin.name else {
      #expect(throws: Never.self) { try MessageParser.parse(entry.bytes, in: .kawpow) }
      return
    }
    #expect(throws: MalformedLine.self) { try MessageParser.parse(entry.bytes, in: .kawpow) }
  }

  @Test func `the reason names what is wrong`() {
    let reasons: [(String, WireError)] = [
      ("an array as id", .wrongRequestID), ("a long string as id", .requestIDTooLong), ("the id twice", .duplicateKey),
      ("a nested key twice", .duplicateKey), ("an escaped key", .escapedKey), ("two objects", .trailingText),
      ("an object and NUL", .trailingText), ("arrays nested nine deep", .tooDeep),
      ("65 parameters", .tooManyParameters), ("a long user", .stringTooLong), ("an overlong NUL", .invalidUTF8),
      ("a low surrogate alone", .invalidUTF8), ("an escaped NUL", .controlCharacter),
      ("a tab in a string", .controlCharacter), ("only an id", .missingMethod), ("a batch", .notJSON),
      ("the difficulty NaN", .notJSON),
      ("submit: nonce is no hex", .wrongParameters("mining.submit: the nonce must be 8 hex digits")),
    ]
    for (name, expected) in reasons {
      guard let entry = MalformedLines.all.first(where: { $0.name == name }) else {
        Issue.record("no such line: \(name)")
        continue
      }
      do throws(MalformedLine) {
        _ = try MessageParser.parse(entry.bytes)
        Issue.record("parsed: \(name)")
      } catch {
        #expect(error.error == expected, "\(name)")
      }
    }
  }

  @Test(arguments: MalformedLines.all)
  func `none of them is read differently by the upstream side than as data`(entry: MalformedLines.Entry) {
    do throws(MalformedLine) {
      // A pool may say what a miner may not; what counts is that it is bounded and does not trap.
      switch try ServerMessageParser.parse(entry.bytes) {
      case .notify, .setDifficulty, .setTarget, .setExtranonce, .setVersionMask, .reconnect:
        Issue.record("a miner's line was taken for work: \(entry.name)")
      case .getVersion, .showMessage, .ping, .response, .unknown: break
      }
    } catch {
      #expect(error.message.count > 5)
    }
  }
}
