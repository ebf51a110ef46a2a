import ArgumentParser
import Glibc
import Logging

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Start the proxy, the local pool and the API.",
    discussion: """
      Without a file everything runs embedded: local pool, embedded chain (for development), SQLite, in ./data.
      SIGHUP reads the file again: limits, bans, vardiff and miners change at once, whatever else is different waits for
      a restart. SIGUSR2 puts the program file as it is now in this one's place, with every miner connected. Exit code 0 after Ctrl-C or SIGTERM, 1 when it cannot start, 78 for a configuration with mistakes.
      """)

  @Option(name: .shortAndLong, help: "Configuration file, such as config/farm.example.yaml.")
  var config: String?

  @Option(help: "trace, debug, info, notice, warning or error.")
  var logLevel: Logger.Level = .info

  @Flag(help: .hidden) var checkHandOver = false

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
    if checkHandOver { return try checkHandOver(configuration) }
    let counts = LogCounts()
    var logger = Logger(
      label: "zion",
      factory: { CountingLogHandler(counts: counts, inner: LogLines.handler($0)) })
    logger.logLevel = logLevel
    do {
      try await Composition(configuration: configuration, file: config, logger: logger, logCounts: counts).run()
    } catch {
      logger.error("zion cannot go on", metadata: ["reason": "\(error)"])
      Self.leave(1)
    }
    Self.leave(0)
  }

  /// Ends the process once all of ours is closed. `exit` would take libraries down below threads that still ask a
  /// database that is slow, or was away until now: Kerberos, which libpq asks at each connect, aborts the process then.
  private static func leave(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }
}

extension RunCommand {
  /// Asked by a process that this program shall replace: whether it could go on from there.
  private func checkHandOver(_ configuration: Configuration) throws {
    do {
      guard try HandOver.received(takes: false) != nil else {
        print("zion: nothing was handed over")
        throw ExitCode(1)
      }
    } catch let error as ExitCode {
      throw error
    } catch {
      print("zion: what is handed over cannot be used: \(error)")
      throw ExitCode(1)
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
