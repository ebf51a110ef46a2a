import ArgumentParser
import Foundation

/// `zion manual`: what `make deb` calls; not shown in help.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Write a manual page for every command into a folder.", shouldDisplay: false)

  @Argument(help: "A folder that exists.")
  var folder: String

  func run() throws {
    let commands = try CommandDescription.zion().all
    for command in commands {
      let page = ManualPage(command: command, version: Version.current)
      try Data(page.text.utf8).write(to: URL(fileURLWithPath: folder).appendingPathComponent(page.fileName))
    }
    print("\(commands.count) pages in \(folder)")
  }
}
