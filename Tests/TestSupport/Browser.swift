import Foundation
import NIOCore

/// A Chromium without a screen, in a profile of its own, that reaches nothing but this machine.
public final class Browser: Sendable {
  public struct NoBrowser: Error, CustomStringConvertible {
    public let description =
      "no chromium in PATH, and none that ZION_CHROMIUM names; Tests/tools/setup-browser.sh installs one"
  }

  private let process: ServerProcess
  private let tools: DevTools

  private init(process: ServerProcess, tools: DevTools) {
    self.process = process
    self.tools = tools
  }

  /// Starts the browser. Its profile lies in a new folder below `folder`.
  public static func start(in folder: URL, on group: any EventLoopGroup) async throws -> Browser {
    let profile = folder.appendingPathComponent("profile")
    let process = try ServerProcess(
      "chromium", in: folder, executable: try executable(),
      arguments: [
        "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--user-data-dir=\(profile.path)",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-default-apps", "--disable-extensions", "--disable-gpu", "--disable-dev-shm-usage",
        "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank",
      ])
    try process.start()
    let file = profile.appendingPathComponent("DevToolsActivePort")
    @Sendable func lines() -> [Substring] {
      ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
    }
    try await eventually("the browser's DevTools", within: .seconds(60), detail: { process.tail }) {
      if let exit = process.exit { throw TimedOut(description: "chromium ended (\(exit)):\n\(process.tail)") }
      return lines().count == 2
    }
    guard let port = Int(lines()[0]) else { throw TimedOut(description: "no port in \(file.path)") }
    let tools = try await DevTools.connect(port: port, path: String(lines()[1]), on: group)
    return Browser(process: process, tools: tools)
  }

  private static func executable() throws -> URL {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["ZION_CHROMIUM"], !path.isEmpty { return URL(fileURLWithPath: path) }
    let folders = (environment["PATH"] ?? "/usr/bin").split(separator: ":")
    let places = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in folders.map { "\($0)/\(name)" } }
    guard let found = places.first(where: { access($0, X_OK) == 0 }) else { throw NoBrowser() }
    return URL(fileURLWithPath: found)
  }

  /// An empty page in a context of its own: no cookies and no storage of other pages.
  /// - Parameter script: runs before any script of every document that the page opens.
  public func page(script: String? = nil) async throws -> BrowserPage {
    let context = try await tools.call("Target.createBrowserContext")["browserContextId"].string ?? ""
    let target = try await tools.call(
      "Target.createTarget", "{\"url\":\"about:blank\",\"browserContextId\":\"\(context)\"}")
    let attached = try await tools.call(
      "Target.attachToTarget", "{\"targetId\":\"\(target["targetId"].string ?? "")\",\"flatten\":true}")
    let page = BrowserPage(tools: tools, session: attached["sessionId"].string ?? "")
    try await page.begin(script)
    return page
  }

  public func stop() async throws {
    tools.close()
    try await process.stop()
  }
}
