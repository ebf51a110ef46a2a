import ArgumentParser
import Foundation
import Hashing
import Stratum

/// `zion api`: what has to do with the HTTP interface, apart from asking it.
struct APICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api", abstract: "Tokens for the HTTP interface.", subcommands: [Token.self])

  struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a token, and the line for the configuration that knows it.",
      discussion: """
        The token goes to whoever may use it, and is shown once; the configuration gets its SHA-256 only.
        Exit code 0.
        """)

    @Argument(help: "Whose it is: what the record of changes calls it.")
    var name: String = "operator"

    @Option(help: "What it allows: read, operate, money; several with commas.")
    var scopes: String = "read,operate"

    func run() throws {
      let name: String
      let scopes = scopes.split(separator: ",").map(String.init)
      do throws(Wrong) {
        name = try Name.source(self.name)
      } catch {
        throw ValidationError("the name \(error.what); write \(error.instead)")
      }
      if let unknown = scopes.first(where: { APIScopeName(rawValue: $0) == nil }) {
        throw ValidationError("“\(unknown)” is not a scope; there are read, operate, money")
      }
      var random = SystemRandomNumberGenerator()
      let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
      let token = "zion_" + Hex.encode(bytes)
      print(
        """
        token (keep it; it is shown only here):
          \(token)
        line for the configuration, under api: tokens:
          - { name: \(name), sha256: \(Hex.encode(sha256(Array(token.utf8)))), scopes: [\(scopes.joined(separator: ", "))] }
        """)
    }
  }

  private enum APIScopeName: String { case read, operate, money }
}
