import Dispatch
import Glibc

/// What a terminal's Ctrl-C and a `kill` say to a command that runs for long.
enum Interrupts {
  /// SIGINT and SIGTERM call `body` with their number instead of ending the process, as long as the result lives.
  static func each(_ body: @escaping @Sendable (Int32) -> Void) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { body(number) }
      source.resume()
      return source
    }
  }
}
