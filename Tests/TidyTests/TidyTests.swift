import Foundation
import Testing

/// The house rules that a machine can keep. Each failure names file and line.
@Suite struct TidyTests {
  /// Which modules of the project a module may import: only what is below it.
  static let below: [String: Set<String>] = [
    "Stratum": [],
    "COpenSSL": [],
    "CPrefetch": [],
    "CScheduler": [],
    "CPostgres": [],
    "CZlib": [],
    "CDashboard": [],
    "CCurl": [],
    "Hashing": ["Stratum", "COpenSSL", "CPrefetch", "CScheduler"],
    "Orchestrator": ["Stratum"],
    "Encryption": ["Stratum", "Hashing", "COpenSSL"],
    "Pool": ["Stratum", "Hashing", "Orchestrator", "COpenSSL", "CPostgres"],
    "Proxy": ["Stratum", "Hashing", "Orchestrator", "Encryption"],
    "API": ["Stratum", "Hashing", "Orchestrator", "Encryption", "CZlib", "CDashboard"],
    "Bench": ["Stratum", "Hashing"],
    "zion": [
      "Stratum", "Hashing", "Orchestrator", "Encryption", "Pool", "Proxy", "API", "Bench", "CCurl", "COpenSSL",
    ],
  ]

  /// Where clocks may be read: the executable, the HTTP server, the benchmarks, and what runs on an event loop.
  static let shells = ["Sources/zion/", "Sources/API/", "Sources/Bench/", "Sources/Proxy/", "Sources/Pool/"]

  /// Modules of values, which are told the time and never ask.
  static let pure = ["Sources/Stratum/", "Sources/Hashing/", "Sources/Orchestrator/"]

  @Test func `every module stands in the table of imports`() throws {
    let modules = Set(try Project.files(in: "Sources").map(\.module))
    #expect(modules.subtracting(Self.below.keys).sorted() == [], "add them to TidyTests.below, with what is below them")
  }

  @Test func `imports point down`() throws {
    let up = try Project.files(in: "Sources").flatMap { file in
      file.imports.filter { imported in
        Self.below[imported.module] != nil && Self.below[file.module]?.contains(imported.module) != true
      }.map { "\(file.path):\($0.line): \(file.module) must not import \($0.module)" }
    }
    #expect(up == [])
  }

  @Test func `Stratum imports nothing`() throws {
    let imports = try Project.files(in: "Sources/Stratum").flatMap { file in
      file.imports.map { "\(file.path):\($0.line): import \($0.module)" }
    }
    #expect(imports == [])
  }

  @Test func `the orchestrator reaches no socket, file or database`() throws {
    let allowed: Set<String> = ["Stratum", "FoundationEssentials", "Glibc", "Histogram"]
    let imports = try Project.files(in: "Sources/Orchestrator").flatMap { file in
      file.imports.filter { !allowed.contains($0.module) }.map { "\(file.path):\($0.line): import \($0.module)" }
    }
    #expect(imports == [])
  }

  @Test func `source files stay under 300 lines`() throws {
    let long = try Project.files(in: "Sources").filter { $0.lines.count >= 300 }
    #expect(long.map { "\($0.path):300: \($0.lines.count) lines" } == [])
  }

  @Test func `nothing is unwrapped or cast by force`() throws {
    expectNowhere(["!"], /(?:[\w\)\]\}>"]!(?!=)|\btry!|\bas!)/, in: try Project.files(in: "Sources", "Tests"))
  }

  @Test func `nobody switches the compiler's race checks off`() throws {
    expectNowhere(
      ["@unchecked", "nonisolated", "@preconcurrency"],
      /@unchecked\s+Sendable|nonisolated\(unsafe\)|@preconcurrency/, in: try Project.files(in: "Sources", "Tests"))
  }

  @Test func `there are no singletons`() throws {
    expectNowhere(
      ["static"], /\bstatic\s+(?:let|var)\s+shared\b/,
      in: try Project.files(in: "Sources", "Tests"))
  }

  @Test func `the wall clock is read in shells only`() throws {
    let files = try Project.files(in: "Sources").filter { file in !Self.shells.contains { file.path.hasPrefix($0) } }
    expectNowhere(["Date()", ".now"], /\bDate\(\)|\.now\b/, in: files)
  }

  @Test func `values are told the time and given their randomness`() throws {
    let files = try Project.files(in: "Sources").filter { file in Self.pure.contains { file.path.hasPrefix($0) } }
    expectNowhere(
      ["clock_", "Clock", "andom"],
      /clock_gettime|ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|\.random\(in:[^,]*\)/, in: files)
  }

  @Test func `nothing stops the process but a broken promise of our own`() throws {
    expectNowhere(
      ["fatalError", "Failure("], /\bfatalError\(|\bpreconditionFailure\(\s*\)|\bassertionFailure\(/,
      in: try Project.files(in: "Sources"))
  }

  @Test func `nothing is left to be done later`() throws {
    let words = ["TODO", "FIXME", "HACK"]
    let marks = try Project.files(in: "Sources", "Tests").flatMap { file in
      file.lines.enumerated().filter { line in words.contains { line.element.contains($0) } }.map {
        "\(file.path):\($0.offset + 1): \($0.element)"
      }
    }
    #expect(marks == [])
  }

  /// `words`: a line with none of them is not looked at more closely, which is a hundred times quicker.
  private func expectNowhere(
    _ words: [String], _ pattern: some RegexComponent, in files: [SourceFile],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!files.isEmpty, sourceLocation: sourceLocation)
    #expect(files.flatMap { $0.places(of: words, where: pattern) } == [], sourceLocation: sourceLocation)
  }
}
