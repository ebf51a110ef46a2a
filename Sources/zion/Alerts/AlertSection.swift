import Stratum
import Yams

/// Reads `alerts:`.
struct AlertSection {
  private let section: YAMLSection
  private let path: String

  /// - Parameter path: of the configuration, from whose folder files are looked for.
  init(_ section: YAMLSection, path: String) {
    self.section = section
    self.path = path
  }

  static let webhookLimit = 8
  static let recipientLimit = 16

  func read() -> AlertOptions {
    var result = AlertOptions()
    result.name = section.value("name", Name.source) ?? result.name
    result.cooldownSeconds = seconds("cooldown", 0...86_400) ?? result.cooldownSeconds
    result.hashrateDrop =
      section.value("hashrate_drop") { text throws(Wrong) in try Quantity.fraction(text, in: 0.05...0.99) }
      ?? result.hashrateDrop
    result.noShareSeconds = seconds("no_share", 60...86_400) ?? result.noShareSeconds
    result.noBlockSeconds = seconds("no_block", 60...2_592_000) ?? result.noBlockSeconds
    result.errorsPerMinute =
      section.value("errors") { text throws(Wrong) in try Quantity.integer(text, in: 0...100_000) }
      ?? result.errorsPerMinute
    result.minimumMiners =
      section.value("miners") { text throws(Wrong) in try Quantity.integer(text, in: 0...1_000_000) }
      ?? result.minimumMiners
    result.webhooks = webhooks()
    result.mail = mail()
    section.end()
    return result
  }

  private func seconds(_ name: String, _ range: ClosedRange<Double>) -> Double? {
    section.value(name) { text throws(Wrong) in try Quantity.seconds(text, in: range) }
  }

  private func webhooks() -> [WebhookOptions] {
    let elements = section.elements("webhooks", of: "{url: https://HOST/PATH}")
    if elements.count > Self.webhookLimit {
      section.report.add(
        section.node("webhooks"), section.key("webhooks"), "these are \(elements.count)",
        write: "at most \(Self.webhookLimit)")
    }
    return elements.prefix(Self.webhookLimit).compactMap { node, place in
      let part = YAMLSection(node, path: place, report: section.report)
      let url = part.required("url", example: "https://HOST/PATH", FeedURL.init)
      let format: WebhookOptions.Format? = part.choice("format")
      let secret = secret("secret_file", in: part)
      part.end()
      return url.map { WebhookOptions(url: $0, format: format ?? .zion, secret: secret) }
    }
  }

  private func mail() -> MailOptions? {
    guard let node = section.node("mail") else { return nil }
    let part = YAMLSection(node, path: section.key("mail"), report: section.report)
    let server = part.required("server", example: "smtps://mail.example:465", Self.server)
    let needsTLS = part.value("tls") { text throws(Wrong) -> Bool in
      guard let value = ["true": true, "false": false][text] else {
        throw Wrong("“\(text)” is no answer", "true or false")
      }
      return value
    }
    let from = part.required("from", example: "zion@example.org", Self.address)
    let to = part.values("to", of: "addresses", Self.address)
    if to.isEmpty || to.count > Self.recipientLimit {
      section.report.add(
        part.node("to") ?? node, part.key("to"), "has \(to.count) addresses", write: "1 to \(Self.recipientLimit)")
    }
    let user = part.value("user", Name.user)
    let password = secret("password_file", in: part)
    if (user == nil) != (password == nil), part.node("user") == nil || part.node("password_file") == nil {
      section.report.add(node, part.path, "needs both user and password_file, or none", write: "both")
    }
    part.end()
    guard let server, let from, !to.isEmpty else { return nil }
    return MailOptions(
      server: server, needsTLS: needsTLS ?? true, from: from, to: to, user: user, password: password)
  }

  /// The first line of a file. It is not repeated in messages.
  private func secret(_ name: String, in part: YAMLSection) -> String? {
    guard let file = part.value(name, Name.path) else { return nil }
    let place = TextFile.path(file, besides: path)
    do throws(TextFile.Unreadable) {
      let line = try TextFile.read(place).split(whereSeparator: \.isNewline).first.map { String($0.trimming()) }
      if let line, !line.isEmpty, line.utf8.count <= 512 { return line }
      part.report.add(part.node(name), part.key(name), "\(place) holds no secret", write: "it on the first line")
    } catch {
      part.report.add(
        part.node(name), part.key(name), "\(place) cannot be read: \(error.reason)", write: "a file that exists")
    }
    return nil
  }

  static func server(_ text: String) throws(Wrong) -> String {
    let wrong = Wrong("“\(text.prefix(64))” is not a mail server", "smtps://HOST:PORT or smtp://HOST:PORT")
    guard let scheme = text.firstRange(of: "://"), ["smtp", "smtps"].contains(text[..<scheme.lowerBound]) else {
      throw wrong
    }
    let place = String(text[scheme.upperBound...])
    do throws(Wrong) {
      _ = try HostPort(place)
    } catch {
      throw wrong
    }
    return text
  }

  static func address(_ text: String) throws(Wrong) -> String {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let isGood =
      text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
      && text.utf8.allSatisfy { (33...126).contains($0) && !"<>,;:\"\\()[]".utf8.contains($0) }
    guard isGood else { throw Wrong("“\(text.prefix(64))” is not an address", "such as zion@example.org") }
    return text
  }
}
