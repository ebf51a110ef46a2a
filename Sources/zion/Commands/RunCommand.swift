import ArgumentParser
import Logging

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Start the proxy, the local pool and the API.",
    discussion: """
      Without a file everything runs embedded: local pool, embedded chain (for development), SQLite, in ./data.
      SIGHUP reads the file again: limits, bans, vardiff and miners change at once, whatever else is different waits for
      a restart. Exit code 0 after Ctrl-C or SIGTERM, 1 when it cannot start, 78 for a configuration with mistakes.
      """)

  @Option(name: .shortAndLong, help: "Configuration file, such as config/farm.example.yaml.")
  var config: String?

  @Option(help: "trace, debug, info, notice, warning or error.")
  var logLevel: Logger.Level = .info

  func run() async throws {
    var configuration = Configuration()
    if let config {
      do throws(ConfigurationInvalid) {
        configuration = try ConfigurationFile.load(config)
      } catch {
        print(error)
        throw ExitCode(78)
      }
    }
    let counts = LogCounts()
    var logger = Logger(
      label: "zion",
      factory: { CountingLogHandler(counts: counts, inner: LogLines.handler($0)) })
    logger.logLevel = logLevel
    do {
      try await Composition(configuration: configuration, file: config, logger: logger, logCounts: counts).run()
    } catch {
      logger.error("zion cannot go on", metadata: ["reason": "\(error)"])
      throw ExitCode(1)
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
