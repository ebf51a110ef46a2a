/// `alerts`: what an operator is told of without asking, and where. Without a channel nobody is told.
struct AlertOptions: Sendable, Equatable {
  /// `alerts.name`: who speaks. Default `zion`.
  var name = "zion"
  /// `alerts.cooldown`: the same alert does not begin again sooner, 0 s to 24 h. Default `5m`.
  var cooldownSeconds = 300.0
  /// `alerts.hashrate_drop`: what part of the mean of the hour before must be gone, 5 % to 99 %. Default `50%`.
  var hashrateDrop = 0.5
  /// `alerts.no_share`: so long without an accepted share, 1 m to 24 h. Default `10m`.
  var noShareSeconds = 600.0
  /// `alerts.no_block`: so long without a found block, 1 m to 720 h. Default `24h`.
  var noBlockSeconds = 86_400.0
  /// `alerts.errors`: more errors than this in the log within a minute, 0 to 100000. Default 10.
  var errorsPerMinute = 10
  /// `alerts.miners`: fewer miners than this for five minutes, 0 to 1000000. Default 1.
  var minimumMiners = 1
  /// `alerts.webhooks`: at most 8.
  var webhooks: [WebhookOptions] = []
  /// `alerts.mail`.
  var mail: MailOptions?

  var hasChannels: Bool { !webhooks.isEmpty || mail != nil }
}

/// One entry of `alerts.webhooks`: an address that is sent a POST.
struct WebhookOptions: Sendable, Equatable {
  enum Format: String, Sendable, CaseIterable { case zion, discord }

  /// `url`. Required.
  var url: FeedURL
  /// `format`: `zion` (a JSON object with name, alert, state, severity, text, at) or `discord`. Default `zion`.
  var format = Format.zion
  /// `secret_file`: a file (relative to the configuration file) whose first line is the key of the signature: the header
  /// `X-Zion-Signature` is `sha256=` and the HMAC-SHA256 of `TIMESTAMP.BODY` in hex, `X-Zion-Timestamp` the seconds
  /// since 1970. Who receives it should refuse timestamps that are older than a few minutes. Default: no signature.
  var secret: String?
}

/// `alerts.mail`: a server that takes mail, and for whom.
struct MailOptions: Sendable, Equatable {
  /// `server`: `smtps://HOST:PORT` (TLS from the first byte) or `smtp://HOST:PORT` (TLS by STARTTLS). Required.
  var server: String
  /// `tls`: `false` lets mail go unencrypted where the server offers no STARTTLS. Default `true`.
  var needsTLS = true
  /// `from`: an address. Required.
  var from: String
  /// `to`: 1 to 16 addresses. Required.
  var to: [String]
  /// `user`, with `password_file` (relative to the configuration file). Default: the server is not logged in to.
  var user: String?
  var password: String?
}
