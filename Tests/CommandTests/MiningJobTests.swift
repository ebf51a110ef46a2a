import Stratum
import Testing

@testable import zion

@Suite struct MiningJobTests {
  private func job(prefix: [UInt8]) throws -> MiningJob {
    let work = KawPowWork(headerHash: .zero, seedHash: .zero, height: 12)
    return MiningJob(
      connection: 1, notice: JobNotice(jobID: "1", .kawpow(work), nBits: 0x1b00_ec12, cleanJobs: true),
      algorithm: .kawpow, extranonce1: try #require(Extranonce(prefix)), extranonce2ByteCount: 8 - prefix.count,
      target: .easiest)
  }

  @Test func `a pool's prefix of all ones, and the last place behind it, do not stop a miner`() throws {
    for count in 0...6 {
      let job = try job(prefix: [UInt8](repeating: 0xff, count: count))
      let nonces = job.nonces(counter: .max, freeByteCount: 3)
      #expect(nonces.upperBound == .max && nonces.count == 1 << (8 * min(3, 8 - count)) - 1)
      #expect(job.extranonce1.isPrefix(of: nonces.lowerBound))
    }
  }

  @Test func `parts of one prefix's nonces follow each other without a gap`() throws {
    let job = try job(prefix: [1, 2, 3])
    let first = job.nonces(counter: 0, freeByteCount: 3)
    #expect(first.lowerBound == 0x0102_0300_0000_0000 && first.count == 1 << 24)
    #expect(job.nonces(counter: 1, freeByteCount: 3).lowerBound == first.upperBound)
  }
}
