import COpenSSL
import Foundation
import Stratum

/// Who speaks, and when.
struct AlertSender: Sendable {
  /// What the operator called it.
  var name: String
  var at: Date
}

/// The body of a webhook.
struct AlertPage: Codable, Equatable {
  var name: String
  var alert: AlertKind
  /// `firing` or `resolved`.
  var state: String
  /// `critical` or `warning`.
  var severity: String
  var text: String
  /// Seconds since 1970.
  var at: Int
}

/// What Discord, and what imitates it, takes: a message with one coloured embed, in which nobody is mentioned.
struct DiscordPage: Codable, Equatable {
  struct Embed: Codable, Equatable {
    var title: String
    var description: String
    var color: Int
    var timestamp: String
  }

  struct Mentions: Codable, Equatable { var parse: [String] = [] }

  var username = "ZION"
  var allowed_mentions = Mentions()
  var embeds: [Embed]
}

extension Alert {
  /// `farm-1: no share was accepted for 10 minutes`
  func headline(from sender: AlertSender) -> String {
    isResolved ? "\(sender.name): \(kind.rawValue) is over" : "\(sender.name): \(text)"
  }

  func page(from sender: AlertSender) -> AlertPage {
    AlertPage(
      name: sender.name, alert: kind, state: isResolved ? "resolved" : "firing",
      severity: kind.isCritical ? "critical" : "warning", text: text, at: Int(sender.at.timeIntervalSince1970))
  }

  func discord(from sender: AlertSender) -> DiscordPage {
    // Green, red, amber.
    let color = isResolved ? 0x2e_cc71 : kind.isCritical ? 0xe7_4c3c : 0xf1_c40f
    return DiscordPage(embeds: [
      .init(
        title: String(headline(from: sender).prefix(250)), description: String(text.prefix(2000)), color: color,
        timestamp: sender.at.ISO8601Format())
    ])
  }

  /// A mail of plain text, with its headers.
  func mail(from sender: AlertSender, by address: String, to: [String]) -> String {
    // What a node or a database said must not make headers, so that its letters go as base64.
    let subject = Data("[ZION] \(headline(from: sender).prefix(120))".utf8).base64EncodedString()
    let text = "\(headline(from: sender))\r\n\r\n\(text)\r\n\(sender.at.ISO8601Format())\r\n"
    let body = Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn])
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "UTC")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
    return [
      "From: <\(address)>", "To: \(to.map { "<\($0)>" }.joined(separator: ", "))", "Subject: =?UTF-8?B?\(subject)?=",
      "Date: \(format.string(from: sender.at))", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64", "", body, "",
    ].joined(separator: "\r\n")
  }
}

/// What proves that a message is ours and of now.
enum AlertSignature {
  /// `sha256=` and the HMAC-SHA256 of `TIMESTAMP.BODY` with the shared secret as the key, in hex.
  static func of(_ body: [UInt8], at seconds: Int, secret: String) -> String {
    let (key, message) = (Array(secret.utf8), Array("\(seconds).".utf8) + body)
    var digest = [UInt8](repeating: 0, count: 32)
    var length = 0
    _ = EVP_Q_mac(
      nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &digest, digest.count, &length)
    return "sha256=" + Hex.encode(digest)
  }
}
