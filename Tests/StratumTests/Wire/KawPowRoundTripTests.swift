import Stratum
import TestSupport
import Testing

/// What one side writes, the other reads as it was meant.
struct KawPowRoundTripTests {
  private func written(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
    var out: [UInt8] = []
    write(&out)
    #expect(out.last == 10)
    #expect(JSON(out) != nil)
    return out.dropLast()
  }

  private func text(_ write: (inout [UInt8]) -> Void) -> String { String(decoding: written(write), as: UTF8.self) }

  @Test func `our own lines are those of the field, byte for byte`() throws {
    let share = try #require(GoldenLines.kawpowSubmission.kawpow)
    #expect(
      text { MessageWriter.submit(id: 40, user: "RVNaddress.rig", jobID: "2f1a", share, into: &$0) }
        == #"{"id":40,"method":"mining.submit","params":["RVNaddress.rig","2f1a","0x64290b0000a1b2c3","0x"#
        + GoldenLines.headerHex + #"","0x"# + GoldenLines.mixHex + #""]}"#)
    let work = try #require(GoldenLines.kawpowNotice.work.kawpow)
    let target = try #require(GoldenLines.kawpowNotice.target)
    #expect(
      text { MessageWriter.notify(JobID(0x2f1a), work, nBits: 0x1b00_ec12, target: target, clean: true, into: &$0) }
        == #"{"id":null,"method":"mining.notify","params":["00002f1a",""# + GoldenLines.headerHex + #"",""#
        + GoldenLines.seedHex + #"",""# + GoldenLines.targetHex + #"",true,1234567,"1b00ec12"]}"#)
    #expect(
      text { MessageWriter.setTarget(target, into: &$0) }
        == #"{"id":null,"method":"mining.set_target","params":[""# + GoldenLines.targetHex + #""]}"#)
    #expect(
      text { MessageWriter.setNoncePrefix(GoldenLines.prefix, into: &$0) }
        == #"{"id":null,"method":"mining.set_extranonce","params":["64290b"]}"#)
    #expect(
      text { MessageWriter.subscribedKawPow(RequestID(1), prefix: GoldenLines.prefix, into: &$0) }
        == #"{"id":1,"result":[null,"64290b"],"error":null}"#)
  }

  @Test(arguments: 0..<100) func `a share arrives as it was sent`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let solution = KawPowSolution(
      nonce: random.next() &>> UInt64.random(in: 0...63, using: &random), headerHash: random.hash(),
      mixHash: random.hash())
    let job = JobID(UInt32.random(in: 0 ... .max, using: &random))
    let line = written {
      MessageWriter.submit(id: 6, user: "w\"ö.rig", jobID: Hex.encode(job.value), solution, into: &$0)
    }
    let expected = ShareSubmission(user: "w\"ö.rig", job: job, .kawpow(solution))
    #expect(try MessageParser.parse(line, in: .kawpow) == ClientLine(id: RequestID(6), message: .submit(expected)))
  }

  @Test(arguments: 0..<100) func `a job arrives as it was sent`(seed: UInt64) throws {
    var random = SeededRandom(seed: 1_000 + seed)
    let job = JobID(UInt32.random(in: 0 ... .max, using: &random))
    let work = KawPowWork(
      headerHash: random.hash(), seedHash: random.hash(), height: UInt32.random(in: 0 ... .max, using: &random))
    let target = Target(
      UInt256(1).addingReportingOverflow(random.hash().number &>> Int.random(in: 1..<256, using: &random)).partialValue)
    let nBits = UInt32.random(in: 0 ... .max, using: &random)
    let clean = Bool.random(using: &random)
    let line = written { MessageWriter.notify(job, work, nBits: nBits, target: target, clean: clean, into: &$0) }
    let expected = JobNotice(
      jobID: Hex.encode(job.value), .kawpow(work), nBits: nBits, cleanJobs: clean, target: target)
    #expect(try ServerMessageParser.parse(line) == .notify(expected))
    let told = written { MessageWriter.setTarget(target, into: &$0) }
    #expect(try ServerMessageParser.parse(told) == .setTarget(target))
  }

  @Test(arguments: 0..<50) func `a prefix arrives as it was given`(seed: UInt64) throws {
    var random = SeededRandom(seed: 2_000 + seed)
    let bytes = (0..<Int.random(in: 0...8, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let prefix = try #require(Extranonce(bytes))
    let answer = written { MessageWriter.subscribedKawPow(RequestID(1), prefix: prefix, into: &$0) }
    #expect(
      try ServerMessageParser.parse(answer)
        == .response(
          id: RequestID(1), .success(.subscription(sessionID: nil, prefix, extranonce2ByteCount: nil))))
    let change = written { MessageWriter.setNoncePrefix(prefix, into: &$0) }
    #expect(try ServerMessageParser.parse(change) == .setExtranonce(prefix, extranonce2ByteCount: nil))
  }

  @Test(arguments: 0..<4) func `golden lines with a few wrong bytes never trap`(seed: UInt64) {
    var random = SeededRandom(seed: 3_000 + seed)
    let lines =
      (GoldenLines.kawpowClient + GoldenLines.loginClient).map { Array($0.line.utf8) }
      + GoldenLines.kawpowServer.map { Array($0.line.utf8) }
    for _ in 0..<2_000 {
      var bytes = lines[Int.random(in: lines.indices, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: bytes.indices, using: &random)
        if Bool.random(using: &random) {
          bytes[at] = UInt8.random(in: 32...126, using: &random)
        } else {
          bytes.remove(at: at)
        }
      }
      do throws(MalformedLine) {
        _ = try MessageParser.parse(bytes, in: .kawpow)
      } catch {
        #expect(error.message.count > 5)
      }
      do throws(MalformedLine) {
        _ = try ServerMessageParser.parse(bytes)
      } catch {
        #expect(error.message.count > 5)
      }
    }
  }
}

extension RandomNumberGenerator {
  mutating func hash() -> Hash256 { Hash256(number: UInt256(next(), next(), next(), next())) }
}
