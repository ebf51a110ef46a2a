import Logging
import Synchronization

/// How many messages were logged, by level: an operator's alarm asks for errors.
final class LogCounts: Sendable {
  private let counts = Mutex<[Logger.Level: Int]>([:])

  func count(_ level: Logger.Level) { counts.withLock { $0[level, default: 0] += 1 } }

  /// From `warning` up, by name; 0 is there too.
  var byLevel: [String: Int] {
    let counts = counts.withLock { $0 }
    let levels: [Logger.Level] = [.warning, .error, .critical]
    return Dictionary(uniqueKeysWithValues: levels.map { ($0.rawValue, counts[$0] ?? 0) })
  }
}

/// Passes everything on, and counts it.
struct CountingLogHandler: LogHandler {
  let counts: LogCounts
  var inner: any LogHandler

  func log(event: LogEvent) {
    counts.count(event.level)
    inner.log(event: event)
  }

  var logLevel: Logger.Level {
    get { inner.logLevel }
    set { inner.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { inner.metadata }
    set { inner.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { inner[metadataKey: key] }
    set { inner[metadataKey: key] = newValue }
  }
}
