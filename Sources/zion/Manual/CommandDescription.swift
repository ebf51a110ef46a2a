import Foundation

/// A command as the argument parser describes it (`--experimental-dump-help`), as far as a manual page shows it.
struct CommandDescription: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String

      /// `--config` or `-c`.
      var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }

    /// `positional`, `option` or `flag`.
    let kind: String
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let abstract: String?
  }

  struct Tool: Decodable {
    let command: CommandDescription
  }

  let superCommands: [String]?
  let shouldDisplay: Bool?
  let commandName: String
  let abstract: String?
  let discussion: String?
  let subcommands: [CommandDescription]?
  let arguments: [Argument]?

  /// `zion policy check`
  var words: [String] { (superCommands ?? []) + [commandName] }

  /// Those that people are shown, without the parser's own `help`.
  var visible: [CommandDescription] {
    (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
  }

  /// This one and all below it.
  var all: [CommandDescription] { [self] + visible.flatMap(\.all) }

  /// `zion` and everything below it.
  static func zion() throws -> CommandDescription {
    try JSONDecoder().decode(Tool.self, from: Data(Zion._dumpHelp().utf8)).command
  }
}
