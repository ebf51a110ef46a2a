import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// The product under test: the program itself, started, ended and watched from outside.
final class ChaosServer: Sendable {
  let process: ServerProcess
  let folder: URL
  let port: Int
  let apiPort: Int
  /// What went wrong with it besides what was done to it.
  let troubles = NIOLockedValueBox<[Violation]>([])
  private let life = NIOLockedValueBox(Life())

  private struct Life {
    /// It has to run: whoever ends it says so first.
    var isWanted = false
    var upSince: ContinuousClock.Instant?
    var peakBytes = 0
    var number = 0
    /// Lives in which SIGKILL was sent: whatever else they were asked for, they may end by that.
    var killed: Set<Int> = []
  }

  /// - Parameter configuration: without listen, data and api.
  init(in folder: URL, ports: (miners: Int, api: Int), configuration: String, policy: String) throws {
    self.folder = folder
    (port, apiPort) = ports
    let text = """
      listen: 127.0.0.1:\(port)
      data: data
      policy: policy.yaml
      api: { listen: "127.0.0.1:\(apiPort)", token: secret }

      """
    try Data((text + configuration).utf8).write(to: folder.appendingPathComponent("zion.yaml"))
    try Data(policy.utf8).write(to: folder.appendingPathComponent("policy.yaml"))
    process = try ServerProcess(
      "server", in: folder, arguments: ["run", "--config", "zion.yaml", "--log-level", "info"],
      environment: [
        "ZION_CHAOS_CLOCK": folder.appendingPathComponent("clock").path,
        "ZION_CHAOS_DISK": folder.appendingPathComponent("disk").path,
      ])
    try setClock(0)
    try setDisk("")
  }

  var data: URL { folder.appendingPathComponent("data") }

  /// Seconds that its wall clock is ahead.
  func setClock(_ seconds: Int) throws {
    try write("\(seconds)\n", to: "clock")
  }

  /// What its journal's disk does from now on: nothing, `sync_fails`, `write_cut`, `disk_full` or `slow MILLISECONDS`.
  func setDisk(_ order: String) throws { try write(order, to: "disk") }

  /// Whole or not at all: it reads whenever it likes.
  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name), options: .atomic)
  }

  func start() throws {
    try process.start()
    life.withLockedValue { life in
      life.isWanted = true
      life.number += 1
      life.upSince = .now
    }
  }

  /// Ends it with a signal. SIGTERM must be obeyed, unless SIGKILL follows while it is.
  func end(_ signal: Int32) async throws {
    let number = life.withLockedValue { life in
      life.isWanted = false
      if signal == SIGKILL { life.killed.insert(life.number) }
      return life.number
    }
    process.kill(signal)
    do {
      let exit = try await process.end(within: .seconds(60))
      // Before it listens to signals, SIGTERM ends it as it ends any program.
      let isObeyed = exit == .status(0) || exit == .signal(SIGTERM)
      if !isObeyed, !life.withLockedValue({ $0.killed.contains(number) }) {
        note(.runs, "asked to end, it ended with \(exit): \(lastWords)")
      }
    } catch is TimedOut {
      note(.runs, "asked to end, it still runs a minute later")
      try await process.crash()
    }
  }

  /// How long it has been running.
  var upSeconds: Double? {
    let since = life.withLockedValue { $0.isWanted ? $0.upSince : nil }
    return process.isRunning ? since.map { seconds(since: $0) } : nil
  }

  var peakBytes: Int { life.withLockedValue { $0.peakBytes } }

  private var lastWords: String {
    process.tail.split(separator: "\n").suffix(process.tail.contains("Fatal error") ? 40 : 2).joined(separator: "\n")
  }

  func note(_ invariant: Violation.Invariant, _ found: String) {
    troubles.withLockedValue { $0.append(Violation(invariant, found)) }
  }

  /// Looks once: memory, and whether it runs. One that ended by itself is started again.
  func look() throws {
    if let pid = process.pid, let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kibibytes = Int(line.filter(\.isNumber))
    {
      life.withLockedValue { $0.peakBytes = max($0.peakBytes, kibibytes * 1024) }
    }
    let isMissing = life.withLockedValue { $0.isWanted } && !process.isRunning
    if isMissing, let exit = process.exit {
      note(.runs, "it ended by itself (\(exit)): \(lastWords)")
      try start()
    }
  }
}

/// The harness cannot go on.
public struct ChaosError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
