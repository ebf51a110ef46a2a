import Testing

/// The rules are only as good as the scanner that tells code from words about code.
@Suite struct CodeScannerTests {
  @Test func `comments and strings are blanked and lines stay in place`() {
    let text = "let a = \"try!\" // as!\n/* x!\n y! */ let b = 1"
    #expect(CodeScanner(text).code == "let a = \"    \"       \n     \n       let b = 1")
  }

  @Test func `code in an interpolation stays visible`() {
    let file = SourceFile(path: "Sources/M/A.swift", text: #"let a = "x! \(b["k"]!) y!""#)
    #expect(file.places(of: ["!"], where: /\]!/).count == 1)
    #expect(file.places(of: ["!"], where: /[xy]!/).isEmpty)
  }

  @Test func `raw and multi-line strings end where they end`() {
    let text = "let a = #\"\"x!\"\"#\nlet b = \"\"\"\n  y! \"z!\"\n  \"\"\"\nlet c = d!"
    let file = SourceFile(path: "Sources/M/A.swift", text: text)
    #expect(file.places(of: ["!"], where: /\w!/) == ["Sources/M/A.swift:5: let c = d!"])
  }

  @Test func `an escaped quote does not end a string`() {
    let file = SourceFile(path: "Sources/M/A.swift", text: #"let a = "\"x!\"" + b!"#)
    #expect(file.places(of: ["!"], where: /x!/).isEmpty)
    #expect(file.places(of: ["!"], where: /b!/).count == 1)
  }

  @Test func `imports are found with their line, whatever stands before them`() {
    let file = SourceFile(
      path: "Sources/M/A.swift", text: "// import Nothing\nimport A\n@testable import B\nimport struct C.D")
    #expect(file.imports.map(\.module) == ["A", "B", "C"])
    #expect(file.imports.map(\.line) == [2, 3, 4])
  }
}
