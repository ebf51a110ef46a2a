import AsyncHTTPClient
import Foundation
import Logging

/// Brings alerts to their channels, in order, and tries again what does not arrive.
struct AlertPost: Sendable {
  let channels: [any AlertChannel]
  private let name: String
  private let logger: Logger
  private let queue: AsyncStream<Letter>
  private let slot: AsyncStream<Letter>.Continuation

  private struct Letter: Sendable {
    let alert: Alert
    let at: Date
  }

  /// Waiting alerts; with more the oldest are dropped.
  static let queueLimit = 100
  /// Seconds before each attempt.
  static let waits = [0, 5, 30]

  init(_ options: AlertOptions, http: HTTPClient, logger: Logger) {
    var channels: [any AlertChannel] = options.webhooks.map { WebhookChannel(options: $0, http: http) }
    if let mail = options.mail { channels.append(MailChannel(options: mail)) }
    self.channels = channels
    name = options.name
    self.logger = logger
    (queue, slot) = AsyncStream<Letter>.makeStream(bufferingPolicy: .bufferingNewest(Self.queueLimit))
  }

  func tell(_ alerts: [Alert]) {
    for alert in alerts {
      logger.notice(
        alert.isResolved ? "an alert is over" : "alert",
        metadata: ["alert": "\(alert.kind.rawValue)", "text": "\(alert.text)"])
      if !channels.isEmpty { slot.yield(Letter(alert: alert, at: Date())) }
    }
  }

  /// Until cancelled.
  func run() async {
    for await letter in queue {
      await withTaskGroup(of: Void.self) { group in
        for channel in channels { group.addTask { await deliver(letter, by: channel) } }
      }
    }
  }

  private func deliver(_ letter: Letter, by channel: any AlertChannel) async {
    for (index, wait) in Self.waits.enumerated() {
      do {
        if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
        return try await channel.send(letter.alert, from: AlertSender(name: name, at: letter.at))
      } catch is CancellationError {
        return
      } catch {
        logger.warning(
          "an alert did not arrive",
          metadata: [
            "channel": "\(channel.name)", "reason": "\(error)", "attempt": "\(index + 1) of \(Self.waits.count)",
          ])
      }
    }
  }

  /// Once, to every channel: why it did not arrive, by channel; `nil` where it did.
  func test() async -> [(channel: String, trouble: String?)] {
    let alert = Alert(kind: .test, text: "a test: alerts arrive here")
    var results: [(channel: String, trouble: String?)] = []
    for channel in channels {
      do {
        try await channel.send(alert, from: AlertSender(name: name, at: Date()))
        results.append((channel.name, nil))
      } catch {
        results.append((channel.name, "\(error)"))
      }
    }
    return results
  }
}
