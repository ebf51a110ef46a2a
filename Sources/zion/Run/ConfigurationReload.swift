import Logging
import UnixSignals

/// Reads the configuration again at SIGHUP: what can change while miners are connected does, of the rest it is said that
/// it waits for a restart, and a file with mistakes changes nothing. The policy and certificates are looked at all the
/// time, without a signal.
struct ConfigurationReload: Sendable {
  let file: String
  let logger: Logger
  /// Hears of each new configuration.
  let use: @Sendable (Configuration) -> Void

  /// Until cancelled.
  func run(from started: Configuration) async {
    var running = started
    for await _ in await UnixSignalsSequence(trapping: .sighup) {
      do throws(ConfigurationInvalid) {
        let change = ConfigurationChange(from: running, to: try ConfigurationFile.load(file))
        running = change.running
        use(running)
        tell(change)
      } catch {
        for problem in error.problems {
          logger.error(
            "the configuration cannot be used, everything stays as it was",
            metadata: [
              "file": "\(problem.file)", "line": "\(problem.line.map(String.init) ?? "-")", "key": "\(problem.key)",
              "problem": "\(problem.message)",
            ])
        }
      }
    }
  }

  private func tell(_ change: ConfigurationChange) {
    logger.notice(
      "the configuration was read again",
      metadata: [
        "file": "\(file)", "changed": "\(change.live.isEmpty ? "nothing" : change.live.joined(separator: ", "))",
      ])
    guard !change.waiting.isEmpty else { return }
    logger.warning(
      "some of the configuration waits for a restart",
      metadata: ["sections": "\(change.waiting.joined(separator: ", "))"])
  }
}

/// What a new configuration means for a process that runs.
struct ConfigurationChange: Equatable {
  /// What holds from now on.
  var running: Configuration
  /// Sections that changed, by their keys.
  var live: [String] = []
  /// Sections that are different in the file, and will be when the process is started again.
  var waiting: [String] = []

  init(from old: Configuration, to new: Configuration) {
    running = old
    take(\.limits, "limits", from: new)
    take(\.bans, "bans", from: new)
    take(\.vardiff, "vardiff", from: new)
    take(\.miners, "miners", from: new)
    leave(\.listen, "listen", new)
    leave(\.door, "listen", new)
    leave(\.threads, "threads", new)
    leave(\.algorithm, "algorithm", new)
    leave(\.reply, "reply", new)
    leave(\.data, "data", new)
    leave(\.api, "api", new)
    leave(\.policySource?.file, "policy", new)
    leave(\.pools, "pools", new)
    leave(\.local, "local", new)
    leave(\.alerts, "alerts", new)
    leave(\.prices, "prices", new)
    leave(\.receipts, "receipts", new)
  }

  private mutating func take<Value: Equatable>(
    _ part: WritableKeyPath<Configuration, Value>, _ name: String, from new: Configuration
  ) {
    guard running[keyPath: part] != new[keyPath: part] else { return }
    running[keyPath: part] = new[keyPath: part]
    live.append(name)
  }

  private mutating func leave<Value: Equatable>(
    _ part: KeyPath<Configuration, Value>, _ name: String, _ new: Configuration
  ) {
    if running[keyPath: part] != new[keyPath: part], waiting.last != name { waiting.append(name) }
  }
}
