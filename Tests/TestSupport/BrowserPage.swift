import Foundation

/// A page of a `Browser`, and everything that it asked for and complained of.
public struct BrowserPage: Sendable {
  let tools: DevTools
  let session: String

  /// What a script threw.
  public struct ScriptError: Error, CustomStringConvertible {
    public let description: String
  }

  func begin(_ script: String?) async throws {
    for domain in ["Page", "Runtime", "Network", "Log"] { try await tools.call("\(domain).enable", session: session) }
    guard let script else { return }
    try await tools.call(
      "Page.addScriptToEvaluateOnNewDocument", "{\"source\":\(try Self.quoted(script))}", session: session)
  }

  /// Opens an address, and waits until the document and what it asked for at first are there.
  public func open(_ url: String) async throws {
    let loads = tools.events("Page.loadEventFired", session: session).count
    let answer = try await tools.call("Page.navigate", "{\"url\":\(try Self.quoted(url))}", session: session)
    if let error = answer["errorText"].string { throw ScriptError(description: "\(url): \(error)") }
    try await eventually("\(url) is loaded") {
      tools.events("Page.loadEventFired", session: session).count > loads
    }
  }

  /// The value of an expression in the page; a promise is waited for.
  @discardableResult
  public func evaluate(_ expression: String) async throws -> JSON {
    let answer = try await tools.call(
      "Runtime.evaluate",
      "{\"expression\":\(try Self.quoted(expression)),\"returnByValue\":true,\"awaitPromise\":true}", session: session)
    if !answer["exceptionDetails"].isNull {
      let details = answer["exceptionDetails"]
      throw ScriptError(
        description: details["exception"]["description"].string ?? details["text"].string ?? expression)
    }
    return answer["result"]["value"]
  }

  /// The text of the first element that a selector finds; empty without one.
  public func text(_ selector: String) async throws -> String {
    try await evaluate("document.querySelector(\(try Self.quoted(selector)))?.innerText ?? ''").string ?? ""
  }

  /// How large the page is, in CSS pixels, and which colours the system is said to prefer.
  public func show(width: Int, height: Int, dark: Bool = false) async throws {
    try await tools.call(
      "Emulation.setDeviceMetricsOverride",
      "{\"width\":\(width),\"height\":\(height),\"deviceScaleFactor\":1,\"mobile\":\(width < 600)}", session: session)
    try await tools.call(
      "Emulation.setEmulatedMedia",
      "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"\(dark ? "dark" : "light")\"}]}", session: session)
  }

  /// Presses and lets go a key, as `Tab` or `Enter`, as a keyboard does.
  public func press(_ key: String) async throws {
    let codes = ["Tab": 9, "Enter": 13, " ": 32]
    let text = key == "Enter" ? ",\"text\":\"\\r\"" : key == " " ? ",\"text\":\" \"" : ""
    let common = "\"key\":\"\(key)\",\"windowsVirtualKeyCode\":\(codes[key] ?? 0)"
    try await tools.call("Input.dispatchKeyEvent", "{\"type\":\"keyDown\",\(common)\(text)}", session: session)
    try await tools.call("Input.dispatchKeyEvent", "{\"type\":\"keyUp\",\(common)}", session: session)
  }

  /// A PNG of the whole page.
  public func screenshot() async throws -> Data {
    let answer = try await tools.call(
      "Page.captureScreenshot", "{\"format\":\"png\",\"captureBeyondViewport\":true}", session: session)
    guard let data = Data(base64Encoded: answer["data"].string ?? "") else {
      throw ScriptError(description: "the browser took no picture")
    }
    return data
  }

  /// Every address that the page asked for, WebSockets included.
  public var requests: [String] {
    tools.events("Network.requestWillBeSent", session: session).compactMap { $0["request"]["url"].string }
      + tools.events("Network.webSocketCreated", session: session).compactMap { $0["url"].string }
  }

  /// What the console shows in red: exceptions, errors, and what was forbidden or not found.
  public var complaints: [String] {
    let thrown = tools.events("Runtime.exceptionThrown", session: session).map {
      $0["exceptionDetails"]["exception"]["description"].string ?? $0["exceptionDetails"]["text"].string ?? "exception"
    }
    let said = tools.events("Runtime.consoleAPICalled", session: session)
      .filter { ["error", "assert"].contains($0["type"].string) }.map { "\($0["args"])" }
    let logged = tools.events("Log.entryAdded", session: session).map { $0["entry"] }
      .filter { $0["level"].string == "error" }
      .map { "\($0["source"].string ?? ""): \($0["text"].string ?? "") \($0["url"].string ?? "")" }
    return thrown + said + logged
  }

  /// A text as a JavaScript and JSON literal.
  public static func quoted(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }
}
