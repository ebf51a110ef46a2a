import ArgumentParser
import Dispatch
import Foundation

/// `zion top`
struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Watch a running zion: hashrate, pools, workers and decisions, live.",
    discussion: """
      Keys: q or Ctrl-C ends, s sorts by the next column, r reverses, j and k or the arrows scroll, space and b by half a
      screen, g goes to the top, p pauses.
      Exit code 0: ended by a key. 1: standard input or output is no terminal.
      """)

  @Option(help: "Where the server's API listens: a URL, or the path of its socket.")
  var api = APIClient.defaultURL

  @Option(help: "Seconds between two looks, 0.2 to 60.")
  var every = 1.0

  @Option(help: "hashrate, name, pool, accepted, rejected or last.")
  var sort = WorkerOrder.hashrate

  func validate() throws {
    guard (0.2...60).contains(every) else { throw ValidationError("--every takes 0.2 to 60 seconds") }
  }

  func run() async throws {
    guard let screen = TerminalScreen() else {
      let text = """
        zion top: standard input and output are no terminal; zion status prints the same once, and zion status --watch \
        again and again

        """
      FileHandle.standardError.write(Data(text.utf8))
      throw ExitCode(1)
    }
    let (events, post) = AsyncStream.makeStream(of: TopState.Event.self, bufferingPolicy: .bufferingNewest(256))
    let sources = Self.listen(post)
    let asking = Task { [api, every] in
      let reader = FleetReader(api)
      while !Task.isCancelled {
        do throws(APIClient.Failure) {
          post.yield(.reading(.success(try await reader.everything())))
        } catch {
          post.yield(.reading(.failure(error)))
        }
        do { try await Task.sleep(for: .seconds(every)) } catch { return }
      }
    }
    var state = TopState(api: api, size: TerminalScreen.size)
    state.order = sort
    screen.open()
    defer { screen.close() }
    screen.draw(TopScreen(state).lines)
    for await event in events {
      guard state.handle(event) == .draw else { break }
      screen.draw(TopScreen(state).lines)
    }
    asking.cancel()
    for source in sources { source.cancel() }
  }

  /// Keys, and what the system says: another size, or that it is time to go.
  private static func listen(
    _ post: AsyncStream<TopState.Event>.Continuation
  ) -> [any DispatchSourceProtocol] {
    let queue = DispatchQueue(label: "terminal")
    var sources: [any DispatchSourceProtocol] = []
    for number in [SIGWINCH, SIGTERM, SIGHUP, SIGINT] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        post.yield(number == SIGWINCH ? .resized(TerminalScreen.size) : .key(.quit))
      }
      source.resume()
      sources.append(source)
    }
    let keyboard = DispatchSource.makeReadSource(fileDescriptor: 0, queue: queue)
    let keys = KeyboardBuffer()
    keyboard.setEventHandler {
      for key in keys.read() ?? [.quit] { post.yield(.key(key)) }
    }
    keyboard.resume()
    return sources + [keyboard]
  }
}
