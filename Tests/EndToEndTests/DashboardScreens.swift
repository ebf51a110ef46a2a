import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Pictures of every page, for people; kept in the folder that `ZION_SCREENS` names.
  enum Screens {
    static let sizes: [(name: String, width: Int, height: Int, dark: Bool)] = [
      ("desktop-light", 1440, 900, false), ("desktop-dark", 1440, 900, true),
      ("phone-light", 360, 780, false), ("phone-dark", 360, 780, true), ("wall-dark", 2560, 1440, true),
    ]
    static let pages = [
      ("overview", "/"), ("pools", "/pools"), ("profitability", "/profitability"), ("workers", "/workers"),
      ("blocks", "/blocks"), ("miner", "/miner/\(DashboardSystem.account(0))"), ("consciousness", "/consciousness"),
      ("bans", "/bans"), ("health", "/health"),
    ]

    /// Takes them all, and sees that each page fits into its width.
    static func take(of system: DashboardSystem) async throws {
      let folder = ProcessInfo.processInfo.environment["ZION_SCREENS"].map { URL(fileURLWithPath: $0) }
      if let folder {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Pictures for people are of a farm at work.
        for miner in system.miners.prefix(60) { miner.resume() }
      }
      // Without a folder for them: one of each width that can be too narrow.
      for size in folder == nil ? [sizes[0], sizes[2]] : sizes {
        let page = try await system.browser.page()
        try await page.show(width: size.width, height: size.height, dark: size.dark)
        for (name, path) in pages {
          try await page.open(system.base + path)
          try await eventually("\(name) is filled") {
            let text = try await page.text("main")
            return text.count > 80 && !text.contains("…\n…")
          }
          // A chart begins with its second measurement.
          if folder != nil, ["overview", "profitability", "miner"].contains(name) {
            try await eventually("the chart of \(name) is drawn", within: .seconds(30)) {
              try await page.evaluate("document.querySelector('figure.chart > svg:not([hidden]) polyline') !== null")
                .bool == true
            }
          }
          let spill = try await page.evaluate("document.documentElement.scrollWidth - innerWidth").int ?? 1
          #expect(spill <= 0, "\(name) is \(spill) pixels too wide at \(size.width)")
          let picture = try await page.screenshot()
          #expect(picture.count > 5000, "\(name) \(size.name) shows nothing")
          if let folder { try picture.write(to: folder.appendingPathComponent("\(name)-\(size.name).png")) }
        }
        try await system.expectQuiet(page)
      }
      if let folder { print("screens: \(sizes.count * pages.count) pictures in \(folder.path)") }
    }
  }
}
