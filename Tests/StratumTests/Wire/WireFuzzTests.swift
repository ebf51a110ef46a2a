import Stratum
import TestSupport
import Testing

struct WireFuzzTests {
  /// Whatever is parsed must name an id that can be echoed and be answered on one line.
  private func feed(_ bytes: [UInt8]) -> Bool {
    var isParsed = false
    do throws(MalformedLine) {
      let line = try MessageParser.parse(bytes)
      isParsed = true
      #expect(answerable(line.id), "\(bytes)")
    } catch {
      #expect(answerable(error.id), "\(bytes)")
    }
    do throws(MalformedLine) {
      if case .response(let id, _) = try ServerMessageParser.parse(bytes) { #expect(answerable(id), "\(bytes)") }
    } catch {
      #expect(answerable(error.id), "\(bytes)")
    }
    return isParsed
  }

  private func answerable(_ id: RequestID) -> Bool {
    id.rawJSON.utf8.count <= Limits.requestIDBytes && !id.rawJSON.utf8.contains { $0 < 32 }
  }

  @Test(arguments: 0..<5)
  func `random bytes never trap and are never a message`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<4_000 {
      let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      #expect(!feed(bytes))
    }
  }

  @Test(arguments: 0..<5)
  func `random JSON punctuation never traps`(seed: UInt64) {
    var random = SeededRandom(seed: 100 + seed)
    let parts = [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "d83d", "null", "true", "1e9", "-", "0", " ", "\r",
      "\"id\"", "\"method\"", "\"params\"", "\"mining.submit\"", "\"result\"", "\"error\"", "\"00000000\"",
    ]
    for _ in 0..<4_000 {
      let count = Int.random(in: 0...30, using: &random)
      let text = (0..<count).map { _ in parts[Int.random(in: parts.indices, using: &random)] }.joined()
      _ = feed(Array(("{" + text).utf8))
    }
  }

  @Test(arguments: 0..<8)
  func `golden lines with a few wrong bytes never trap`(seed: UInt64) {
    var random = SeededRandom(seed: 200 + seed)
    let lines = (GoldenLines.client.map(\.line) + GoldenLines.server.map(\.line)).map { Array($0.utf8) }
    var parsed = 0
    for _ in 0..<4_000 {
      var bytes = lines[Int.random(in: lines.indices, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) { bytes.mutate(with: lines, using: &random) }
      if feed(bytes) { parsed += 1 }
    }
    // Both ways out are taken: some mutations only touch values.
    #expect(parsed > 100 && parsed < 3_900)
  }
}
