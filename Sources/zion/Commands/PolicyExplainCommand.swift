import ArgumentParser
import Foundation
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

  @Option(help: "Where the server's API listens.")
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
        let page: PolicyExplanation = try await client.explain(text)
        for line in page.lines { print(line) }
      }
    } catch {
      FileHandle.standardError.write(Data("zion policy explain: \(error)\n".utf8))
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

/// What `POST /api/orchestrator/explain` answers. Fields that this version does not know are left out.
struct PolicyExplanation: Decodable {
  struct Term: Decodable {
    let name: String
    let factor: Double
  }

  struct Score: Decodable {
    let source: String
    /// Per hash, in the currency of the prices; `nil` when nobody knows.
    let revenue: Double?
    let terms: [Term]
    let forecast: Double?
    /// Of the forecast's logarithm.
    let deviation: Double?
    let risk: Double
    let adjusted: Double?
    let rejectedBecause: String?
  }

  struct Decision: Decodable {
    let group: String
    let from: String?
    let to: String?
    let reason: String
    let expectedGain: Double
    let threshold: Double
    let scores: [Score]
  }

  let policy: String
  let mode: String?
  let decisions: [Decision]

  var lines: [String] {
    var lines = ["policy \(policy)\(mode.map { ", \($0)" } ?? "")"]
    if decisions.isEmpty { lines.append("there is nothing to decide: no miner is connected, or no pool is ready") }
    for decision in decisions {
      let move =
        switch (decision.from, decision.to) {
        case (let from?, let to?) where from == to: "stay at \(to)"
        case (let from?, let to?): "from \(from) to \(to)"
        case (nil, let to?): "to \(to)"
        case (let from?, nil): "stay at \(from)"
        case (nil, nil): "nowhere to go"
        }
      lines += [
        "", "\(decision.group): \(move): \(decision.reason)",
        "expected gain \(Table.percent(decision.expectedGain)), needed \(Table.percent(decision.threshold))",
      ]
      lines +=
        Table(
          ["pool", ">revenue", ">forecast", ">± σ", ">risk", ">adjusted", "terms", "not chosen because"],
          decision.scores.map(Self.row)
        ).lines
    }
    if decisions.contains(where: { !$0.scores.isEmpty }) {
      lines += ["", "revenue, forecast and adjusted: currency of the prices for 1 TH/s over a day"]
    }
    return lines
  }

  private static func row(_ score: Score) -> [String] {
    let terms = score.terms.map { "\($0.name) ×\(Decimal.fixed($0.factor, decimals: 4))" }
    return [
      score.source, money(score.revenue), money(score.forecast), score.deviation.map(Table.percent) ?? "-",
      Table.percent(score.risk), money(score.adjusted), terms.isEmpty ? "-" : terms.joined(separator: ", "),
      score.rejectedBecause ?? "",
    ]
  }

  /// From a hash's revenue to that of a TH/s over a day, with four significant digits.
  private static func money(_ revenue: Double?) -> String {
    guard let revenue, revenue.isFinite else { return "-" }
    let value = revenue * 1e12 * 86_400
    return String(format: abs(value) >= 1e7 || abs(value) < 1e-3 && value != 0 ? "%.3e" : "%.4g", value)
  }
}
