import Bench
import Foundation
import Pool
import Stratum

/// The split of a block whose PPLNS window has millions of shares: from the sums of pages, and from nothing but shares.
///
/// Each way is a process of its own, so that its peak of memory is its own.
struct SplitBenchmark: Sendable {
  /// `nil`: a SQLite file that is gone afterwards.
  var database: String?
  var shareCount: Int64
  var addresses: Int
  var executable: String

  enum Way: String { case pages, shares }

  /// What one process found.
  private struct Result {
    var seconds: Double
    var peakKiB: Double
    /// Every line of the split, as a number.
    var digest: String
    var lines: Int
  }

  func run(_ options: BenchOptions) async throws -> [Finding] {
    let folder = try BenchFolder(in: options.directory)
    let url = database ?? "\(folder.path)/split.sqlite"
    try await SplitExample(shareCount: shareCount, addresses: addresses).fill(
      try Self.open(url), progress: options.progress)
    var results: [Way: [Result]] = [:]
    for round in 1...options.rounds {
      options.progress("split: round \(round) of \(options.rounds)")
      for way in [Way.pages, .shares] { results[way, default: []].append(try measure(way, url)) }
    }
    // Until here the file is needed.
    withExtendedLifetime(folder) {}
    let all = results.values.joined()
    guard let first = all.first, first.lines > 0, all.allSatisfy({ $0.digest == first.digest }) else {
      throw BenchError.reference("the split from the sums of pages and the split from shares differ")
    }
    let median = { (way: Way, value: (Result) -> Double) in Median.of(results[way, default: []].map(value)) }
    let subject =
      "\(Self.grouped(shareCount)) shares, \(Self.grouped(Int64(first.lines))) addresses, \(database == nil ? "SQLite" : "PostgreSQL")"
    return [
      Finding(
        "PPLNS split, \(subject): from pages against from shares", unit: "s", ours: median(.pages) { $0.seconds },
        baseline: median(.shares) { $0.seconds }),
      Finding(
        "… peak memory of the process", unit: "MiB", ours: median(.pages) { $0.peakKiB / 1_024 },
        baseline: median(.shares) { $0.peakKiB / 1_024 }),
    ]
  }

  private func measure(_ way: Way, _ url: String) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = [
      "bench", "split-worker", way.rawValue, "--database", url, "--shares", "\(shareCount)", "--addresses",
      "\(addresses)",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let words = text.split(whereSeparator: \.isWhitespace)
    guard process.terminationStatus == 0, words.count == 4, let seconds = Double(words[0]),
      let peak = Double(words[1]), let lines = Int(words[3])
    else {
      throw BenchError.process(
        name: "bench split-worker", problem: "ended with status \(process.terminationStatus)", log: text)
    }
    return Result(seconds: seconds, peakKiB: peak, digest: String(words[2]), lines: lines)
  }

  /// In the process of its own: prints seconds, the peak of resident memory in KiB, a digest of the split, its lines.
  static func work(_ way: Way, database: String, shareCount: Int64, addresses: Int) async throws {
    let example = SplitExample(shareCount: shareCount, addresses: addresses)
    let settlement = BlockSettlement(
      pool: SplitExample.pool, database: try open(database), rules: SplitExample.rules)
    let clock = ContinuousClock()
    let start = clock.now
    let split = try await settlement.rehearse(example.block, fromShares: way == .shares)
    let seconds = start.duration(to: clock.now) / .seconds(1)
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for line in split.lines {
      for byte in "\(line.account) \(line.weight) \(line.base.value) \(line.bonus.value)\n".utf8 {
        digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
      }
    }
    print(seconds, try peakKiB(), "\(digest)-\(split.remainder.value)", split.lines.count)
  }

  private static func open(_ url: String) throws -> any Pool.Database {
    url.hasPrefix("postgres") ? PostgresDatabase(url: url) : try SQLiteDatabase(path: url)
  }

  /// What the kernel counted for this program alone; `getrusage` remembers who started it.
  private static func peakKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  private static func grouped(_ number: Int64) -> String {
    let digits = String(number)
    return digits.enumerated().reduce(into: "") { text, digit in
      if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text += "," }
      text.append(digit.element)
    }
  }
}

/// A pool of many addresses with two algorithms, whose last shares make a window that ends within its oldest page.
struct SplitExample: Sendable {
  static let pool = "bench_split"
  static let rules = RewardRules(windowHundredths: 198)
  private static let nBits: UInt32 = 0x1a00_ffff
  private static let sharesAtOnce: Int64 = 100_000

  var shareCount: Int64
  var addresses: Int

  private static var networkWork: ShareWork { (try? Target(nBits: nBits)).map(ShareWork.init(of:)) ?? .zero }

  /// Pays the window of 1.98 blocks, of which there are two.
  var block: BlockRecord {
    BlockRecord(
      hash: Hash256(number: UInt256(1)), height: 1, finder: MinerIdentity(account: account(0), worker: "rig"),
      algorithm: .sha256d, networkWork: Self.networkWork, reward: AtomicUnits(50_000_000), state: .found,
      foundAt: UnixTime(seconds: 1_760_000_000), updatedAt: UnixTime(seconds: 1_760_000_000))
  }

  /// Puts the shares into the database, unless they are there.
  func fill(_ database: any Pool.Database, progress: @Sendable (String) -> Void) async throws {
    _ = try await database.migrate()
    let last = try await database.read { sql in
      try sql.first("SELECT last FROM ordinals WHERE pool = ?", .text(Self.pool))?.integer(0) ?? 0
    }
    guard last != shareCount else { return }
    guard last == 0 else {
      throw BenchError.reference(
        "the database has \(last) shares of an earlier benchmark: name an empty one, or ask for --shares \(last)")
    }
    let store = PoolStore(pool: Self.pool, database: database)
    for first in stride(from: 0, to: shareCount, by: Int(Self.sharesAtOnce)) {
      let shares = (first..<min(shareCount, first + Self.sharesAtOnce)).map { number in
        NumberedShare(sequence: UInt64(number) + 1, share: share(number))
      }
      _ = try await store.insert(
        shares, of: "bench", from: JournalPosition(segment: 1, offset: Int(first)),
        upTo: JournalPosition(segment: 1, offset: Int(first) + shares.count))
      progress("split: \(first + Int64(shares.count)) of \(shareCount) shares are in the database")
    }
  }

  private func account(_ number: Int) -> String {
    let digits = String(number)
    return "ZION_" + String(repeating: "0", count: max(0, 40 - digits.count)) + digits
  }

  private func share(_ number: Int64) -> ShareRecord {
    // Spread like a digest, and by addresses that are not served in turn.
    let mixed = UInt64(number) &* 0x9e37_79b9_7f4a_7c15
    let address = Int((mixed >> 20) % UInt64(addresses))
    let mean = Self.networkWork.hashes * 2 / UInt128(max(1, shareCount))
    let hash = Hash256(number: UInt256(0, UInt64(number), 3, mixed))
    return ShareRecord(
      time: 1_760_000_000_000 + UInt64(number) * 3 / 5, hash: hash,
      work: ShareWork(hashes: mean / 2 + mean * UInt128(mixed & 0xff) / 255),
      algorithm: address % 2 == 0 ? .sha256d : .scrypt, height: 1, nBits: Self.nBits,
      miner: MinerIdentity(account: account(address), worker: ""), isBlock: false, sourceJobID: "1")
  }
}
