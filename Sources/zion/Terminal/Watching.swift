import ArgumentParser
import Foundation

/// What commands that look at a running zion have in common: where it is, how it is printed, and how often.
struct Watching: ParsableArguments {
  @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
  var api = APIClient.defaultURL

  @Flag(help: "Print JSON, for programs; with --watch one line each time.")
  var json = false

  @Option(
    defaultAsFlag: 2, help: "Print it again and again, every so many seconds (0.2 to 3600; 2 without a number).")
  var watch: Double?

  static let exitCodes = """
    Exit code 0: it answered, and all is well. 1: no answer. 2: it answered, and something needs a look. With --watch it
    runs until Ctrl-C.
    """

  func validate() throws { try Self.check(watch) }

  static func check(_ watch: Double?) throws {
    if let watch, !(0.2...3600).contains(watch) { throw ValidationError("--watch takes 0.2 to 3600 seconds") }
  }

  /// What one look gave.
  struct View<Page: Encodable> {
    var page: Page
    var lines: [String]
    /// Something needs a look: exit code 2.
    var isUnwell = false
  }

  /// Prints what `look` gives, once or for ever.
  func show<Page: Encodable>(
    _ name: String, _ look: (FleetReader) async throws(APIClient.Failure) -> View<Page>
  ) async throws {
    let reader = FleetReader(api)
    guard let watch else {
      let view: View<Page>
      do throws(APIClient.Failure) {
        view = try await look(reader)
      } catch {
        FileHandle.standardError.write(Data("zion \(name): \(error)\n".utf8))
        throw ExitCode(1)
      }
      try JSONText.show(view.page, asJSON: json, else: view.lines)
      if view.isUnwell { throw ExitCode(2) }
      return
    }
    try await Self.again(every: watch, clears: !json) {
      do throws(APIClient.Failure) {
        let view = try await look(reader)
        return json ? Self.line(view.page) : view.lines.joined(separator: "\n")
      } catch {
        return json ? Self.line(["error": error.description]) : "zion \(name): \(error)"
      }
    }
  }

  /// Prints what `look` gives, once without seconds, else until the program is ended; on a terminal over what was there.
  static func again(every seconds: Double?, clears: Bool, _ look: () async throws -> String) async throws {
    guard let seconds else { return print(try await look()) }
    let clears = clears && isatty(1) == 1
    while true {
      let text = try await look()
      if clears { print("\u{1b}[H\u{1b}[2J", terminator: "") }
      print(text)
      // A reader must not wait until a buffer is full.
      fflush(nil)
      try await Task.sleep(for: .seconds(seconds))
    }
  }

  /// JSON without a line break.
  private static func line(_ page: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Only a number that JSON cannot write fails here.
    return (try? encoder.encode(page)).map { String(decoding: $0, as: UTF8.self) } ?? #"{"error":"not a number"}"#
  }
}
