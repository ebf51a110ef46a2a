import Hashing
import Stratum

/// The yespower family beside `yespower.c`, and beside what the memory could do.
enum YespowerPairs {
  private typealias ScratchSize = @convention(c) (Int32, UInt32, UInt32) -> Int
  private typealias Hash =
    @convention(c) (
      Int32, UInt32, UInt32, UnsafePointer<UInt8>?, Int, UnsafePointer<UInt8>, Int, UnsafeMutableRawPointer,
      UnsafeMutablePointer<UInt8>
    ) -> Void

  /// The algorithms that have an aim.
  private static let judged: [(name: String, parameters: YespowerParameters)] = [
    ("yescrypt", .yescrypt), ("yescryptR16", .yescryptR16), ("yespower", .yespower),
  ]
  private static let others: [(name: String, parameters: YespowerParameters)] = [
    ("yescryptR8", .yescryptR8), ("yescryptR32", .yescryptR32), ("yespowerR16", .yespowerR16),
  ]

  static func run(_ library: SharedObject, _ pace: TrialPace) throws(BenchError) -> [Finding] {
    var findings: [Finding] = []
    for (name, parameters) in judged {
      findings.append(try pair(name, parameters, library).finding(pace, aim: .atLeast(1)))
    }
    for (name, parameters) in others {
      findings.append(try pair(name, parameters, library).finding(pace, aim: nil))
    }
    return findings
  }

  private static func pair(_ name: String, _ parameters: YespowerParameters, _ library: SharedObject)
    throws(BenchError) -> PairedTrial
  {
    let scratchSize = try library.function("reference_yespower_scratch", as: ScratchSize.self)
    let hash = try library.function("reference_yespower", as: Hash.self)
    let version: Int32 = parameters.version == .v05 ? 5 : 10
    let (rows, size) = (UInt32(parameters.rowCount), UInt32(parameters.rowSize))
    let personalisation = parameters.personalisation
    // Both get memory of the same kind: huge pages would be half of the difference otherwise.
    let scratch = HashScratch()
    let memory = scratch.memory(byteCount: scratchSize(version, rows, size))
    return PairedTrial(
      name: "\(name): C with SSE2",
      ours: Contender(HashSubject.yespower(name, parameters).make()),
      reference: Contender { header, digest in
        withExtendedLifetime(scratch) {
          hash(
            version, rows, size, personalisation, personalisation.count, header.octets, header.count, memory,
            digest.octets)
        }
      },
      compared: 4)
  }

  /// yespower beside a loop that only copies as many bytes as it moves, in a working set of the same size.
  static func memoryBound(_ pace: TrialPace) throws(BenchError) -> [Finding] {
    var findings: [Finding] = []
    for (name, parameters) in judged {
      let table = 128 * parameters.rowCount * parameters.rowSize
      // The first loop writes each row and reads one; the second, a third as long, reads and writes one.
      let bytes = Double(128 * parameters.rowSize * 2 * (parameters.rowCount + (parameters.rowCount + 2) / 3))
      let result = try PairedTrial(
        name: name, ours: Contender(HashSubject.yespower(name, parameters).make()),
        reference: MemoryCopy(workingSet: table).contender, compared: 0
      ).run(pace)
      // One "hash" of the copy loop moves the working set once.
      let bound = result.reference * Double(table) / bytes
      findings.append(
        Finding("\(name): bound by copying its bytes", unit: "H per s", ours: result.ours, baseline: bound))
    }
    return findings
  }
}

/// Copies one half of a working set to the other.
private final class MemoryCopy {
  private let scratch = HashScratch()
  private let memory: UnsafeMutableRawPointer
  private let half: Int

  init(workingSet: Int) {
    half = workingSet / 2
    memory = scratch.memory(byteCount: workingSet)
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: workingSet)
  }

  /// Moves `workingSet` bytes a time, half of them read and half of them written.
  var contender: Contender {
    Contender { _, _ in (self.memory + self.half).copyMemory(from: self.memory, byteCount: self.half) }
  }
}
