import API
import Foundation
import Testing

@Suite struct DashboardTests {
  private static let site = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/CDashboard/site")

  /// Paths below the folder, with their texts.
  private static func files() throws -> [(path: String, text: String)] {
    let walker = try #require(FileManager.default.enumerator(atPath: site.path))
    return try walker.compactMap { $0 as? String }.filter { $0.contains(".") }.sorted().map { path in
      (path, try String(contentsOf: site.appendingPathComponent(path), encoding: .utf8))
    }
  }

  @Test func `every file of the site is in the program, as it lies there, with its type`() throws {
    let dashboard = Dashboard()
    let types = [
      "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
      "svg": "image/svg+xml",
    ]
    let files = try Self.files()
    #expect(files.count > 20)
    for (path, text) in files {
      let served = dashboard.file(at: "/" + path)
      #expect(served.map { String(decoding: $0.bytes, as: UTF8.self) } == text, "\(path): list it in dashboard.c")
      #expect(served?.contentType == types[String(path.split(separator: ".").last ?? "")], "\(path)")
    }
  }

  @Test func `each page has the first file, and nothing else has`() throws {
    let dashboard = Dashboard()
    let index = try #require(dashboard.file(at: "/"))
    for path in [
      "/pools", "/profitability", "/workers", "/blocks", "/consciousness", "/health", "/miner", "/miner/ZION_A",
      "/miner/%3Cb%3E", "/pools/",
    ] {
      #expect(dashboard.file(at: path) == index, "\(path)")
    }
    for path in ["/pool", "/pools/x", "/miner/a/b", "/js", "/js/", "/js/../index.html", "/site/index.html", "/metrics"]
    {
      #expect(dashboard.file(at: path) == nil, "\(path)")
    }
  }

  @Test func `every file comes with the policy, and a tag of its own content`() throws {
    let dashboard = Dashboard()
    var tags: Set<String> = []
    let files = try Self.files()
    for (path, _) in files {
      let fields = try #require(dashboard.file(at: "/" + path)).fields
      let policy = fields["Content-Security-Policy"] ?? ""
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
      #expect(!policy.contains("unsafe") && !policy.contains("*") && policy.contains("frame-ancestors 'none'"))
      #expect(fields["X-Content-Type-Options"] == "nosniff" && fields["Referrer-Policy"] == "no-referrer")
      tags.insert(fields["ETag"] ?? "")
    }
    #expect(tags.count == files.count)
  }

  /// What the policy would forbid in a browser is not written in the first place.
  @Test func `nothing in the site parses HTML, runs text or asks a stranger`() throws {
    for (path, text) in try Self.files() {
      let forbidden = [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
        " style=\"",
        "onclick=\"", "https://", "@import",
      ]
      #expect(forbidden.filter { text.contains($0) } == [], "\(path)")
      let foreign = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
      #expect(!foreign.contains("http://"), "\(path)")
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 300, "\(path)")
    }
    let index = try #require(try Self.files().first { $0.path == "index.html" }).text
    #expect(!index.contains("<style") && index.matches(of: /<script(?! [^>]*src=)/).isEmpty)
  }
}
