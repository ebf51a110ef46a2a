import TestSupport
import Testing

@testable import zion

@Suite struct AlertConfigurationTests {
  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func `every option of alerts is read`() throws {
    let folder = try TemporaryFolder("alerts")
    _ = try folder.write("open sesame\nsecond line\n", to: "hook.secret")
    _ = try folder.write("pass\n", to: "mail.password")
    let file = try folder.write(
      """
      alerts:
        name: farm-1
        cooldown: 10m
        hashrate_drop: 30%
        no_share: 5m
        no_block: 48h
        errors: 20
        miners: 3
        webhooks:
          - { url: "https://hooks.example/zion", secret_file: hook.secret }
          - { url: "https://discord.com/api/webhooks/1/abc", format: discord }
        mail: { server: "smtps://mail.example:465", from: zion@example.org, to: [alice@example.org], user: zion, password_file: mail.password }
      """, to: "farm.yaml")
    let alerts = try ConfigurationFile.load(file).alerts
    var expected = AlertOptions(
      name: "farm-1", cooldownSeconds: 600, hashrateDrop: 0.3, noShareSeconds: 300, noBlockSeconds: 172_800,
      errorsPerMinute: 20, minimumMiners: 3)
    expected.webhooks = [
      WebhookOptions(url: try FeedURL("https://hooks.example/zion"), secret: "open sesame"),
      WebhookOptions(url: try FeedURL("https://discord.com/api/webhooks/1/abc"), format: .discord),
    ]
    expected.mail = MailOptions(
      server: "smtps://mail.example:465", from: "zion@example.org", to: ["alice@example.org"], user: "zion",
      password: "pass")
    #expect(alerts == expected)
    #expect(try ConfigurationFile.parse("", path: "farm.yaml").alerts == AlertOptions())
  }

  @Test(arguments: [
    ("alerts: { webhooks: [ { format: zion } ] }", "alerts.webhooks[0].url: is missing"),
    ("alerts: { webhooks: [ { url: \"ftp://x\" } ] }", "alerts.webhooks[0].url: “ftp://x” is not an HTTP URL"),
    (
      "alerts: { mail: { server: \"http://h:1\", from: a@b, to: [c@d] } }",
      "alerts.mail.server: “http://h:1” is not a mail"
    ),
    ("alerts: { mail: { server: \"smtp://h:25\", from: \"a@b>\", to: [c@d] } }", "alerts.mail.from: “a@b>” is not an"),
    ("alerts: { mail: { server: \"smtp://h:25\", from: a@b } }", "alerts.mail.to: has 0 addresses; write 1 to 16"),
    (
      "alerts: { mail: { server: \"smtp://h:25\", from: a@b, to: [c@d], user: u } }", "alerts.mail: needs both user and"
    ),
    ("alerts: { hashrate_drop: 100% }", "alerts.hashrate_drop: 100% is out of range"),
    ("alerts: { cooldwn: 5m }", "alerts.cooldwn: there is no such option (did you mean cooldown?)"),
  ])
  func `a mistake in alerts names line and key and what to write`(text: String, message: String) {
    let found = problems(text)
    #expect(found.count == 1 && found.first?.hasPrefix("farm.yaml:1: \(message)") == true, "\(found)")
  }
}
