import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOPosix
import Pool

/// `zion doctor`
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check everything that zion run needs, and say what to do about what is wrong.",
    discussion: """
      Looks at the configuration and its policy, files with secrets, the limit of open files, clocks, the data folder,
      ports, the database, nodes and wallet, every upstream server (connects, logs in, waits 15 s for a job, hangs up)
      and price feeds. Changes nothing but one small file in the data folder, which it removes. Run it as the user that
      zion runs as; it may be run beside zion run.
      Exit code 0: no fault. 1: at least one fault.
      """)

  @Option(name: .shortAndLong, help: "Configuration file; without one, what zion run does without one.")
  var config: String?

  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: BitcoinNode.httpConfiguration)
    let diagnosis = Diagnosis(await Doctor(path: config, group: group, http: http).run())
    try await http.shutdown()
    try JSONText.show(diagnosis, asJSON: json, else: diagnosis.lines)
    if diagnosis.faults > 0 { throw ExitCode(1) }
  }
}
