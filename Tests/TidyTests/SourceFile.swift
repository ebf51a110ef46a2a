import Foundation

/// A Swift file of the project, as the tidy rules see it: its lines, and its code without comments and strings.
struct SourceFile: Sendable {
  /// From the project's root, for example `Sources/Stratum/Units/Hex.swift`.
  let path: String
  let lines: [String]
  /// The same lines, with the insides of comments and string literals blanked.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    code = CodeScanner(text).code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The module's name: the folder below `Sources` or `Tests`.
  var module: String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : ""
  }

  /// Modules that the file imports, with their line numbers.
  var imports: [(line: Int, module: String)] {
    code.enumerated().compactMap { index, line in
      guard line.contains("import"),
        let match = line.firstMatch(
          of: /^\s*(?:@\w+\s+|public\s+|internal\s+)*import\s+(?:struct\s+|func\s+|class\s+|enum\s+)?(\w+)/)
      else { return nil }
      return (index + 1, String(match.1))
    }
  }

  /// `path:line: text` of every line of code with one of `words` in which `pattern` occurs.
  func places(of words: [String], where pattern: some RegexComponent) -> [String] {
    code.enumerated().compactMap { index, line in
      !words.contains { line.contains($0) } || line.firstMatch(of: pattern) == nil
        ? nil : "\(path):\(index + 1): \(lines[index].trimmingCharacters(in: .whitespaces))"
    }
  }
}

/// The project's files, found from where this file was compiled.
enum Project {
  static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  /// Read and scanned once for all rules; without the rules themselves, which quote what they forbid.
  private static let everything = Result {
    try (read("Sources") + read("Tests")).filter { !$0.path.hasPrefix("Tests/TidyTests/") }
  }

  /// Every Swift file below the folders, in a stable order.
  static func files(in folders: String...) throws -> [SourceFile] {
    try everything.get().filter { file in folders.contains { file.path.hasPrefix("\($0)/") } }
  }

  private static func read(_ folder: String) throws -> [SourceFile] {
    let start = root.appendingPathComponent(folder)
    guard let walker = FileManager.default.enumerator(atPath: start.path) else { throw CocoaError(.fileNoSuchFile) }
    return try walker.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOf: start.appendingPathComponent(name), encoding: .utf8)
      return SourceFile(path: "\(folder)/\(name)", text: text)
    }
  }
}
