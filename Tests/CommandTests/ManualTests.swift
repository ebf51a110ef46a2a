import Foundation
import TestSupport
import Testing

@testable import zion

@Suite struct ManualTests {
  @Test func `every command has a page, with every option that it takes`() throws {
    let folder = try TemporaryFolder("manual")
    try ManualCommand.parse([folder.url.path]).run()
    let commands = try CommandDescription.zion().all
    #expect(commands.count > 40)
    for command in commands {
      let name = command.words.joined(separator: "-")
      let page = try String(contentsOf: folder.url.appendingPathComponent("\(name).1"), encoding: .utf8)
      #expect(page.hasPrefix(".TH \"\(name.uppercased())\" \"1\""))
      #expect(command.abstract?.isEmpty == false, "\(name) says nothing of itself")
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for option in argument.names ?? [] {
          #expect(page.contains(option.text.replacing("-", with: #"\-"#)), "\(name): \(option.text)")
        }
      }
      for sub in command.visible { #expect(page.contains("See \(sub.words.joined(separator: "\\-"))(1)."), "\(name)") }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == commands.count)
  }

  @Test func `every registered command is in the pages but the one that writes them`() throws {
    let names = Set(try CommandDescription.zion().visible.map(\.commandName))
    let registered = Set(Zion.configuration.subcommands.map { $0.configuration.commandName ?? "" })
    #expect(registered.subtracting(names) == ["manual"])
  }

  @Test func `no line is taken for a request that is none`() throws {
    let requests = [".TH", ".SH", ".TP", ".PP", ".nf", ".fi"]
    for command in try CommandDescription.zion().all {
      for line in ManualPage(command: command, version: "1").text.split(separator: "\n") where line.hasPrefix(".") {
        #expect(requests.contains { line == $0 || line.hasPrefix($0 + " ") }, "\(command.words): \(line)")
      }
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func `each shell gets completions for every command`(_ shell: String)
    async throws
  {
    let folder = try TemporaryFolder("completions")
    let process = try ServerProcess("complete", in: folder.url, arguments: ["--generate-completion-script", shell])
    try process.start()
    #expect(try await process.end() == .status(0))
    for command in try CommandDescription.zion().visible {
      #expect(process.output.contains(command.commandName), "\(shell): \(command.commandName)")
    }
  }
}
