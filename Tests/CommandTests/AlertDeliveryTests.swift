import ArgumentParser
import AsyncHTTPClient
import Foundation
import Logging
import NIOPosix
import TestSupport
import Testing

@testable import zion

@Suite struct AlertDeliveryTests {
  private let alert = Alert(kind: .noShare, text: "no share was accepted for 10 minutes")
  private let sender = AlertSender(name: "farm-1", at: Date(timeIntervalSince1970: 1_760_000_000))
  private let loops = MultiThreadedEventLoopGroup.singleton

  private func send(_ options: WebhookOptions) async throws {
    let http = HTTPClient(eventLoopGroupProvider: .singleton)
    do {
      try await WebhookChannel(options: options, http: http).send(alert, from: sender)
      try await http.shutdown()
    } catch {
      try await http.shutdown()
      throw error
    }
  }

  @Test func `a webhook is a signed POST of an alert with its time`() async throws {
    let box = try await Postbox(on: loops)
    try await send(WebhookOptions(url: try FeedURL(box.url("/hook?x=1")), secret: "open sesame"))
    let letter = try #require(box.received.first)
    #expect(box.received.count == 1)
    #expect(letter.headers["content-type"] == "application/json")
    #expect(letter.headers["x-zion-timestamp"] == "1760000000")
    #expect(
      letter.body
        == #"{"alert":"no_share","at":1760000000,"name":"farm-1","severity":"critical","state":"firing","#
        + #""text":"no share was accepted for 10 minutes"}"#)
    // What openssl says: printf '%s' "1760000000.$BODY" | openssl dgst -sha256 -hmac 'open sesame'
    let signature = try #require(letter.headers["x-zion-signature"])
    #expect(signature == (try Self.openSSL("1760000000.\(letter.body)", key: "open sesame")))
    try await box.stop()
  }

  /// By the command line of OpenSSL, which is not our code.
  private static func openSSL(_ message: String, key: String) throws -> String {
    let folder = try TemporaryFolder("hmac")
    let file = try folder.write(message, to: "message")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl", "dgst", "-sha256", "-hmac", key, "-r", file]
    let output = Pipe()
    process.standardOutput = output
    try process.start()
    process.waitUntilExit()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return "sha256=" + text.prefix { $0 != " " }
  }

  @Test func `without a secret nothing is signed, and a refusal is trouble`() async throws {
    let box = try await Postbox(status: 403, on: loops)
    await #expect(throws: AlertTrouble.self) { try await send(WebhookOptions(url: try FeedURL(box.url("/hook")))) }
    #expect(box.received.first?.headers["x-zion-signature"] == nil)
    try await box.stop()
    await #expect(throws: (any Error).self) { try await send(WebhookOptions(url: try FeedURL(box.url("/hook")))) }
  }

  @Test func `Discord gets a coloured embed that mentions nobody`() async throws {
    let box = try await Postbox(on: loops)
    try await send(WebhookOptions(url: try FeedURL(box.url("/api/webhooks/1/abc")), format: .discord))
    let body = try #require(box.received.first.map { Data($0.body.utf8) })
    let page = try JSONDecoder().decode(DiscordPage.self, from: body)
    #expect(page.allowed_mentions.parse == [])
    #expect(page.embeds.map(\.title) == ["farm-1: no share was accepted for 10 minutes"])
    #expect(page.embeds.map(\.color) == [0xe7_4c3c] && page.embeds.map(\.timestamp) == ["2025-10-09T08:53:20Z"])
    try await box.stop()
  }

  private func mail(_ port: Int, needsTLS: Bool = false) -> MailChannel {
    MailChannel(
      options: MailOptions(
        server: "smtp://127.0.0.1:\(port)", needsTLS: needsTLS, from: "zion@example.org",
        to: ["alice@example.org", "bob@example.org"]))
  }

  @Test func `a mail goes to everyone, with what happened in its subject and text`() async throws {
    let server = try await MailServer(on: loops)
    var strange = alert
    strange.text = "the node said: “no”\r\nBcc: <mallory@example.org>"
    try await mail(server.port).send(strange, from: sender)
    let mail = try #require(server.received.first)
    #expect(mail.from.contains("<zion@example.org>"))
    #expect(
      mail.to.count == 2 && mail.to[0].contains("<alice@example.org>") && mail.to[1].contains("<bob@example.org>"))
    let head = mail.lines.prefix { !$0.isEmpty }
    #expect(head.contains("To: <alice@example.org>, <bob@example.org>"))
    #expect(head.contains("Date: Thu, 09 Oct 2025 08:53:20 +0000"))
    #expect(!head.contains { $0.hasPrefix("Bcc") })
    let subject = try #require(head.first { $0.hasPrefix("Subject: =?UTF-8?B?") }).dropFirst(19).dropLast(2)
    let said = try #require(Data(base64Encoded: String(subject)))
    #expect(String(decoding: said, as: UTF8.self).hasPrefix("[ZION] farm-1: the node said: “no”"))
    let body = mail.lines.drop { !$0.isEmpty }.joined()
    #expect(Data(base64Encoded: body).map { String(decoding: $0, as: UTF8.self).contains("mallory") } == true)
    try await server.stop()
  }

  @Test func `a server that refuses, one without TLS, and none at all are trouble`() async throws {
    let refusing = try await MailServer(refusal: "550 not you", on: loops)
    await #expect(throws: AlertTrouble.self) { try await mail(refusing.port).send(alert, from: sender) }
    #expect(refusing.received.isEmpty)
    let open = try await MailServer(on: loops)
    await #expect(throws: AlertTrouble.self) { try await mail(open.port, needsTLS: true).send(alert, from: sender) }
    #expect(open.received.isEmpty, "nothing goes unencrypted unless it is allowed to")
    try await refusing.stop()
    try await open.stop()
    await #expect(throws: AlertTrouble.self) { try await mail(open.port).send(alert, from: sender) }
  }

  @Test func `zion alert test tries every channel, and says which of them failed`() async throws {
    let (good, bad) = (try await Postbox(on: loops), try await Postbox(status: 500, on: loops))
    let server = try await MailServer(on: loops)
    let folder = try TemporaryFolder("alert-test")
    _ = try folder.write("open sesame\n", to: "hook.secret")
    let mail =
      "mail: { server: \"smtp://127.0.0.1:\(server.port)\", tls: false, from: z@example.org, to: [a@example.org] }"
    func run(_ hooks: String) async throws {
      let file = try folder.write("alerts:\n  webhooks: [\(hooks)]\n  \(mail)\n", to: "farm.yaml")
      try await AlertTestCommand.parse(["--config", file]).run()
    }
    try await run("{ url: \"\(good.url("/a"))\", secret_file: hook.secret }")
    #expect(good.received.count == 1 && server.received.count == 1)
    #expect(good.received.first?.headers["x-zion-signature"]?.hasPrefix("sha256=") == true)
    await #expect(throws: ExitCode(1)) {
      try await run("{ url: \"\(bad.url("/a"))\" }, { url: \"\(good.url("/b"))\", format: discord }")
    }
    #expect(good.received.count == 2 && server.received.count == 2)
    let empty = try folder.write("", to: "empty.yaml")
    await #expect(throws: ExitCode(78)) { try await AlertTestCommand.parse(["--config", empty]).run() }
    try await good.stop()
    try await bad.stop()
    try await server.stop()
  }
}
