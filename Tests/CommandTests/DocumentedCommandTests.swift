import ArgumentParser
import Foundation
import Testing

@testable import zion

/// Every `zion …` line that a reader could copy exists.
@Suite struct DocumentedCommandTests {
  struct Line: CustomStringConvertible {
    let file: String
    let number: Int
    let words: [String]
    var description: String { "\(file):\(number): zion \(words.joined(separator: " "))" }
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What stands for a reader's own value, where the command looks at its form.
  static let values = [
    "BATCH": "01234567-89ab-4def-8123-456789abcdef", "HEIGHT": "1", "NAME": "sha256d", "SECONDS": "5", "LIMIT": "5",
    "FINGERPRINT": String(repeating: "0f", count: 32),
  ]

  static func pages() throws -> [String] {
    let docs = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs").path)
    return ["README.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
  }

  /// Lines of code blocks that begin with zion (after `sudo …`, a path or a pipe), and `zion …` in running text.
  static func lines(in file: String) throws -> [Line] {
    let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
    var found: [Line] = []
    var isCode = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        isCode.toggle()
        continue
      }
      let pieces = isCode ? [String(line)] : line.matches(of: /`([^`]+)`/).map { String($0.1) }
      for piece in pieces {
        for part in piece.split(separator: /[|;]|&&/) {
          guard let words = command(in: part) else { continue }
          found.append(Line(file: file, number: index + 1, words: words))
        }
      }
    }
    return found
  }

  private static func command(in text: Substring) -> [String]? {
    var words = text.prefix { $0 != "#" }.split(separator: " ").map(String.init)
    if words.first == "sudo" {
      words.removeFirst()
      if words.first == "-u" { words.removeFirst(min(2, words.count)) }
    }
    while let first = words.first, first.wholeMatch(of: /[A-Z_]+=\S*/) != nil { words.removeFirst() }
    guard let first = words.first, first == "zion" || first.hasSuffix("/zion") else { return nil }
    words.removeFirst()
    if let end = words.firstIndex(where: { [">", "2>", "&"].contains($0) }) { words.removeSubrange(end...) }
    let plain = words.filter { $0 != "…" }.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"'")) }
    return plain.isEmpty ? nil : plain.map { values[$0] ?? $0 }
  }

  @Test func `every command in the documents exists, with its options`() throws {
    let all = try Self.pages().flatMap(Self.lines)
    #expect(all.count > 60, "the commands are no longer found: \(all.count)")
    for line in all {
      #expect(throws: Never.self, "\(line)") { try Self.check(line.words) }
    }
  }

  private static let names = Result { Set(try CommandDescription.zion().all.map { Array($0.words.dropFirst()) }) }

  /// A command that is only named (`zion payout`) must exist; one with more words must be taken by the parser.
  private static func check(_ words: [String]) throws {
    guard try !names.get().contains(words), !words.contains("--generate-completion-script") else { return }
    do {
      _ = try Zion.parseAsRoot(words)
    } catch {
      // `--help` and `--version` end the parser with code 0.
      guard Zion.exitCode(for: error) == .success else { throw Wrong(Zion.message(for: error), "") }
    }
  }

  @Test func `a command that does not exist would be seen`() {
    #expect(throws: (any Error).self) { try Self.check(["pools", "--nonsense"]) }
    #expect(throws: (any Error).self) { try Self.check(["fly", "away"]) }
    #expect(throws: Never.self) { try Self.check(["payout", "list", "--config", "farm.yaml"]) }
  }

  @Test func `every document that a document links to is there`() throws {
    for page in try Self.pages() {
      let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
      let folder = Self.root.appendingPathComponent(page).deletingLastPathComponent()
      for match in text.matches(of: /\]\(([^)#]+)(?:#[^)]*)?\)/) where !match.1.contains("://") {
        let place = folder.appendingPathComponent(String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: place), "\(page) links to \(match.1)")
      }
    }
  }

  @Test func `every sentence of the troubleshooting page is one that zion can say`() throws {
    let sources = Self.root.appendingPathComponent("Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    let code = try (files ?? []).filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    let page = try String(contentsOf: Self.root.appendingPathComponent("docs/troubleshooting.md"), encoding: .utf8)
    let cells = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "|").first }
    let sentences = cells.flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.1) } }
    #expect(sentences.count > 30)
    #expect(sentences.filter { !code.contains($0) } == [])
  }
}
