import ArgumentParser
import AsyncHTTPClient
import Logging
import Pool

struct AlertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alert", abstract: "Try the ways by which alerts reach you.", subcommands: [AlertTestCommand.self])
}

struct AlertTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Send a test alert to every webhook and by mail.",
    discussion: """
      Exit code 0: all took it. 1: at least one did not. 78: wrong configuration, or one without any channel.
      """)

  @Option(name: .shortAndLong, help: "Configuration file, with alerts.")
  var config: String

  @Flag(help: "Print JSON, for programs.")
  var json = false

  struct Page: Codable, Equatable {
    let channel: String
    let arrived: Bool
    let trouble: String?
  }

  func run() async throws {
    let configuration: Configuration
    do throws(ConfigurationInvalid) {
      configuration = try ConfigurationFile.load(config)
    } catch {
      print(error)
      throw ExitCode(78)
    }
    guard configuration.alerts.hasChannels else {
      print("\(config): alerts: there is no channel; write webhooks: [{url: https://HOST/PATH}] or mail: {server: …}")
      throw ExitCode(78)
    }
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: BitcoinNode.httpConfiguration)
    let logger = Logger(label: "zion alert", factory: { LogLines.handler($0) })
    let results = await AlertPost(configuration.alerts, http: http, logger: logger).test()
    try await http.shutdown()
    try JSONText.show(
      results.map { Page(channel: $0.channel, arrived: $0.trouble == nil, trouble: $0.trouble) }, asJSON: json,
      else: results.map { "\($0.channel): \($0.trouble.map { "did not arrive: \($0)" } ?? "arrived")" })
    if results.contains(where: { $0.trouble != nil }) { throw ExitCode(1) }
  }
}
