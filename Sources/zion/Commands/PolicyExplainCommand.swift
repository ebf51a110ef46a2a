import API
import ArgumentParser
import Foundation
import Orchestrator
import Stratum

struct PolicyExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what a policy would do now, with all scores. Nothing is changed.",
    discussion: """
      The running zion is asked, with its pools as they are now and what it has measured.
      The token is that of the server's api.token_file; here it is taken from --token, --token-file or ZION_TOKEN.
      Exit code 0: explained. 1: it could not be; standard error says why.
      """)

  @Option(help: "A policy file.")
  var policy: String

  @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
  var api = APIClient.defaultURL

  @OptionGroup var secret: TokenArguments

  @Flag(help: "Print what the API says, for programs.")
  var json = false

  func run() async throws {
    do throws(APIClient.Failure) {
      let text = try Self.text(policy)
      let client = APIClient(api, token: try secret.read())
      if json {
        print(try await client.explain(text))
      } else {
        let page: ExplanationPage = try await client.explain(text)
        for line in page.lines { print(line) }
      }
    } catch {
      // The server never saw a file's name.
      let reason = error.description.split(separator: "\n").map { line in
        line.hasPrefix("policy:") ? "\(policy):\(line.dropFirst(7))" : String(line)
      }
      FileHandle.standardError.write(Data("zion policy explain: \(reason.joined(separator: "\n"))\n".utf8))
      throw ExitCode(1)
    }
  }

  private static func text(_ file: String) throws(APIClient.Failure) -> String {
    do throws(TextFile.Unreadable) {
      return try TextFile.read(file)
    } catch {
      throw APIClient.Failure(description: "\(file) cannot be read: \(error.reason)")
    }
  }
}

extension ExplanationPage {
  /// For people: a table for each group of miners.
  var lines: [String] {
    var lines = ["policy \(policy), \(mode)"]
    if decisions.isEmpty {
      lines.append("nothing is decided by revenue now: the mode does not look at it, no miner is connected, or no pool")
    }
    for decision in decisions { lines += [""] + decision.lines }
    if decisions.contains(where: { !$0.scores.isEmpty }) {
      lines += [
        "",
        "seen, expected and value: currency of the prices for 1 TH/s over a day; value is what is compared, with all",
        "terms and what the risk takes; gain above the pool in use; needed: the least gain, the cost of the move, the doubt",
      ]
    }
    return lines
  }
}

extension Decision {
  fileprivate var lines: [String] {
    let move =
      switch (from, to) {
      case (let from?, let to?): from == to ? "stay at \(to)" : "from \(from) to \(to)"
      case (nil, let to?): "to \(to)"
      case (let from?, nil): "stay at \(from)"
      case (nil, nil): "nowhere to go"
      }
    let table = Table(
      ["pool", ">seen", ">expected", ">± σ", ">risk", ">value", ">gain", ">needed", "terms", "not chosen because"],
      scores.map(\.cells))
    return ["\(group): \(move): \(reason)"] + [heldBecause, overruledBecause].compactMap(\.self) + table.lines
  }
}

extension Score {
  fileprivate var cells: [String] {
    var terms = terms.map { "\($0.name) ×\(Stratum.Decimal.fixed($0.factor, decimals: 4))" }
    if let payoutRampSeconds { terms.append("pplns ramp \(Stratum.Decimal.fixed(payoutRampSeconds, decimals: 0)) s") }
    return [
      source, Self.money(revenue), Self.money(level.map(exp)), level == nil ? "-" : Table.percent(deviation),
      Table.percent(risk), Self.money(value.map(exp)), gain.map { Table.percent(exp($0) - 1) } ?? "-",
      gain == nil ? "-" : Table.percent(exp(threshold) - 1), terms.isEmpty ? "-" : terms.joined(separator: ", "),
      rejectedBecause ?? "",
    ]
  }

  /// From a hash's revenue to that of a TH/s over a day, with four significant digits.
  private static func money(_ revenue: Double?) -> String {
    guard let revenue, revenue.isFinite else { return "-" }
    let value = revenue * 1e12 * 86_400
    return String(format: abs(value) >= 1e7 || abs(value) < 1e-3 && value != 0 ? "%.3e" : "%.4g", value)
  }
}
