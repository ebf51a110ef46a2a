import ArgumentParser
import Orchestrator

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Look at configuration files.", subcommands: [ConfigCheckCommand.self])
}

struct ConfigCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read a configuration and its policy, and report every mistake.",
    discussion: "Exit code 0: it can be run. 1: it cannot; every mistake is printed as FILE:LINE: KEY: what to do.")

  @Argument(help: "The configuration file, such as config/dev.yaml.")
  var file: String

  func run() async throws {
    do throws(ConfigurationInvalid) {
      let configuration = try ConfigurationFile.load(file)
      print("OK \(file)")
      for line in configuration.summary { print("  \(line)") }
    } catch {
      print(error)
      print("\(error.problems.count) \(error.problems.count == 1 ? "mistake" : "mistakes") in \(file)")
      throw ExitCode(1)
    }
  }
}

extension Configuration {
  /// What would be run, in a few lines for people.
  var summary: [String] {
    var lines = [
      "miners connect to \(listen), \(algorithm.rawValue) unless they say otherwise, at most \(limits.connections)",
      "the API listens at \(api.listen)\(api.access.tokens.isEmpty ? ", without a token: nobody can move miners" : "")",
      "data in \(data)",
    ]
    if let line = door.summary { lines.insert(line, at: 1) }
    for pool in pools {
      let urls = pool.urls.map(\.description).joined(separator: ", then ")
      lines.append("pool \(pool.name): \(pool.algorithm.rawValue) at \(urls)\(pool.isEnabled ? "" : " (disabled)")")
    }
    if local.isEnabled {
      let node =
        switch local.node {
        case .embedded(let network, let seconds):
          "embedded chain \(network), for development, a block about every \(seconds) s"
        case .bitcoin(let urls, _): urls.map(\.description).joined(separator: ", ")
        }
      lines.append("local pool \(local.name): \(local.algorithms.map(\.rawValue).joined(separator: " ")), \(node)")
      lines.append("shares in \(local.database), each for \(local.retentionDays) days")
    } else {
      lines.append("no local pool")
    }
    return lines + [policySummary]
  }

  private var policySummary: String {
    switch policy.mode {
    case .failover:
      let order = policy.order.isEmpty ? ["the pools as listed", "the local pool"] : policy.order
      return "policy \(policy.name): failover, \(order.joined(separator: ", then "))"
    case .split:
      let sum = policy.weights.values.reduce(0, +)
      let shares = policy.weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
        "\($0.key) \(Quantity.shown(($0.value / sum * 1000).rounded() / 10)) %"
      }
      return "policy \(policy.name): split, \(shares.joined(separator: ", "))"
    default: return "policy \(policy.name): by revenue (\(policy.mode.rawValue))"
    }
  }
}

extension ListenOptions {
  /// `nil` when connections begin plainly.
  fileprivate var summary: String? {
    var words: [String] = []
    if tls != nil { words.append(requiresTLS ? "TLS alone" : "TLS and plain") }
    if tls?.clientRoots != nil { words.append("a certificate of each miner") }
    if !proxies.isEmpty {
      words.append("a PROXY header from \(proxies.map(\.description).joined(separator: " and "))")
    }
    return words.isEmpty ? nil : "their connections: \(words.joined(separator: ", "))"
  }
}
