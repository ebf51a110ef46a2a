import API
import ArgumentParser
import Foundation

struct MoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Move all miners, or one worker, to a pool, and keep them there.",
    discussion: """
      Miners stay where they are moved until `zion move --to auto` gives them back to the policy.
      The token is that of the server's api.token_file; here it is taken from --token, --token-file or ZION_TOKEN.
      Exit code 0: everyone has moved. 1: the order was refused. 2: some miners had to stay.
      """)

  @Option(help: "The pool's name in the configuration, or auto.")
  var to: String

  @Option(help: "WORKER or ACCOUNT.WORKER; without it, everyone.")
  var worker: String?

  @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
  var api = APIClient.defaultURL

  @OptionGroup var secret: TokenArguments

  func run() async throws {
    let report: MoveReport
    do throws(APIClient.Failure) {
      report = try await APIClient(api, token: try secret.read()).move(to: to, worker: worker)
    } catch {
      FileHandle.standardError.write(Data("zion move: \(error)\n".utf8))
      throw ExitCode(1)
    }
    print(Self.sentence(report, to: to))
    if report.refused > 0 { throw ExitCode(2) }
  }

  /// `12 miners moved to alpha in 1.8 ms (median), 3.1 ms (worst); 2 reconnect; 1 had to stay: no seat was free`
  static func sentence(_ report: MoveReport, to pool: String) -> String {
    // Released miners move when the policy wants them elsewhere, not by this order.
    if pool == "auto" { return "given back to the policy" }
    if report.moved + report.reconnecting + report.refused == 0 { return "nobody had to move: all are at \(pool)" }
    var text = "\(Table.count(report.moved, "miner")) moved to \(pool)"
    if let median = report.medianSwitchMilliseconds, let worst = report.worstSwitchMilliseconds {
      text += " in \(Table.milliseconds(median)) (median), \(Table.milliseconds(worst)) (worst)"
    }
    if report.reconnecting > 0 { text += "; \(report.reconnecting) reconnect" }
    if report.refused > 0 { text += "; \(report.refused) had to stay: no seat was free" }
    return text
  }
}
