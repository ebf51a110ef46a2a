import Foundation
import Logging
import Orchestrator

/// What the orchestrator leaves on disk: `decisions.jsonl`, one object for each decision that moved someone and again
/// when its realised gain is final; and `observations.csv`, a trace that `zion backtest` reads.
actor OrchestratorRecords {
  /// Between two rows of one source.
  static let observationSeconds = 60.0

  private let decisions: RolledFile
  private let observations: RolledFile
  private let logger: Logger
  private var written: [Int: Bool] = [:]
  private var observedAt: Double?

  init(data: String, logger: Logger) {
    self.logger = logger
    decisions = RolledFile("\(data)/decisions.jsonl", logger: logger)
    observations = RolledFile(
      "\(data)/observations.csv", byteLimit: 64 << 20, heading: "time,source,currency_per_hash", logger: logger)
  }

  /// Entries of the log, in any state; what was written before is not written again.
  func keep(_ entries: [DecisionLog.Entry]) async {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for entry in entries where written[entry.number] != entry.isOpen {
      written[entry.number] = entry.isOpen
      do {
        await decisions.append(String(decoding: try encoder.encode(entry), as: UTF8.self))
      } catch {
        logger.warning("a decision cannot be written", metadata: ["number": "\(entry.number)", "reason": "\(error)"])
      }
    }
    let live = Set(entries.map(\.number))
    written = written.filter { live.contains($0.key) }
  }

  /// Once a minute. - Parameter now: seconds since 1970.
  func keep(_ sources: [SourceSnapshot], at now: Double) async {
    guard observedAt.map({ now - $0 >= Self.observationSeconds }) ?? true else { return }
    observedAt = now
    let time = Date(timeIntervalSince1970: now).formatted(.iso8601)
    for source in sources {
      guard let value = source.economics?.currencyPerHash else { continue }
      await observations.append("\(time),\(source.name),\(value)")
    }
  }
}
