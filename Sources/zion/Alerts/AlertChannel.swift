import AsyncHTTPClient
import CCurl
import Dispatch
import Foundation
import NIOCore

/// Why a message did not arrive, in words.
struct AlertTrouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A way to an operator.
protocol AlertChannel: Sendable {
  /// For messages: never a secret.
  var name: String { get }
  func send(_ alert: Alert, from sender: AlertSender) async throws
}

/// A POST with the alert as JSON.
struct WebhookChannel: AlertChannel {
  let options: WebhookOptions
  let http: HTTPClient
  static let timeout = TimeAmount.seconds(10)

  /// Without path and query, which are secrets with Discord.
  var name: String { "\(options.format.rawValue) webhook at \(options.url.host)" }

  func send(_ alert: Alert, from sender: AlertSender) async throws {
    let body = try body(alert, from: sender)
    let seconds = Int(sender.at.timeIntervalSince1970)
    var request = HTTPClientRequest(url: options.url.text)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "user-agent", value: "zion/\(Version.current)")
    request.headers.add(name: "x-zion-timestamp", value: "\(seconds)")
    if let secret = options.secret {
      request.headers.add(name: "x-zion-signature", value: AlertSignature.of(body, at: seconds, secret: secret))
    }
    request.body = .bytes(ByteBuffer(bytes: body))
    let response = try await http.execute(request, timeout: Self.timeout)
    // Read and dropped, so that the connection can be used again; nobody's answer is long.
    _ = try? await response.body.collect(upTo: 64 << 10)
    guard (200..<300).contains(response.status.code) else {
      throw AlertTrouble("answered \(response.status.code) \(response.status.reasonPhrase)")
    }
  }

  func body(_ alert: Alert, from sender: AlertSender) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    switch options.format {
    case .zion: return Array(try encoder.encode(alert.page(from: sender)))
    case .discord: return Array(try encoder.encode(alert.discord(from: sender)))
    }
  }
}

/// Mail, by curl's library: STARTTLS, logins and what servers ask for besides.
struct MailChannel: AlertChannel {
  let options: MailOptions
  static let timeoutSeconds = 30
  private static let thread = DispatchQueue(label: "zion.mail", qos: .utility)

  var name: String { "mail by \(options.server)" }

  func send(_ alert: Alert, from sender: AlertSender) async throws {
    let text = alert.mail(from: sender, by: options.from, to: options.to)
    let options = options
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Self.thread.async { continuation.resume(with: Result { try Self.post(text, options) }) }
    }
  }

  /// Waits for the server; never on an event loop.
  private static func post(_ text: String, _ options: MailOptions) throws(AlertTrouble) {
    guard let curl = curl_easy_init() else { throw AlertTrouble("curl cannot be used") }
    defer { curl_easy_cleanup(curl) }
    var recipients: UnsafeMutablePointer<curl_slist>?
    for address in options.to { recipients = curl_slist_append(recipients, "<\(address)>") }
    defer { curl_slist_free_all(recipients) }
    let mail = MailText(text)
    zion_curl_text(curl, CURLOPT_URL, options.server)
    zion_curl_number(
      curl, CURLOPT_USE_SSL, Int(options.needsTLS ? CURLUSESSL_ALL.rawValue : CURLUSESSL_TRY.rawValue))
    zion_curl_number(curl, CURLOPT_TIMEOUT, timeoutSeconds)
    zion_curl_number(curl, CURLOPT_NOSIGNAL, 1)
    zion_curl_text(curl, CURLOPT_MAIL_FROM, "<\(options.from)>")
    zion_curl_list(curl, CURLOPT_MAIL_RCPT, recipients)
    if let user = options.user, let password = options.password {
      zion_curl_text(curl, CURLOPT_USERNAME, user)
      zion_curl_text(curl, CURLOPT_PASSWORD, password)
    }
    zion_curl_number(curl, CURLOPT_UPLOAD, 1)
    zion_curl_reader(curl) { buffer, size, count, mail in
      guard let buffer, let mail else { return 0 }
      return Unmanaged<MailText>.fromOpaque(mail).takeUnretainedValue().read(into: buffer, limit: size * count)
    }
    zion_curl_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(mail).toOpaque())
    let code = withExtendedLifetime(mail) { curl_easy_perform(curl) }
    guard code == CURLE_OK else {
      let answer = zion_curl_response(curl)
      throw AlertTrouble(
        String(cString: curl_easy_strerror(code)) + (answer > 0 ? " (the server said \(answer))" : ""))
    }
  }
}

/// A mail that curl reads piece by piece, on one thread.
private final class MailText {
  private let bytes: [UInt8]
  private var sent = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  func read(into buffer: UnsafeMutablePointer<CChar>, limit: Int) -> Int {
    let count = min(limit, bytes.count - sent)
    guard count > 0 else { return 0 }
    UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: bytes[sent..<sent + count])
    sent += count
    return count
  }
}
