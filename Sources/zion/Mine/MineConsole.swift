import NIOConcurrencyHelpers
import Stratum

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Where the run tells what it does: on a terminal a line that is written over each second, elsewhere one every ten.
final class MineConsole: Sendable {
  struct Line: Sendable {
    let tally: MineTally
    let rate: Hashrate
    let seconds: Double

    var text: String {
      let rejected = tally.lastRejection.map { "\(tally.rejected) rejected (last: \($0))" } ?? "0 rejected"
      var parts = ["\(rate)", "\(tally.accepted) accepted, \(rejected)"]
      if tally.blocks > 0 { parts.append("\(tally.blocks) blocks") }
      if let difficulty = tally.difficulty { parts.append("difficulty \(Self.short(difficulty.value))") }
      if let jobID = tally.jobID { parts.append("job \(jobID.prefix(16))") }
      if let trouble = tally.trouble { parts.append(trouble) }
      parts.append(Self.clock(seconds))
      return parts.joined(separator: " | ")
    }

    private static func short(_ value: Double) -> String {
      guard value < 1000, value != value.rounded() else { return Decimal.fixed(value, decimals: 0) }
      let digits = Decimal.fixed(value, decimals: 9)
      return String(digits.reversed().drop(while: { $0 == "0" }).reversed())
    }

    private static func clock(_ seconds: Double) -> String {
      let whole = Int(seconds)
      let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
      return "\(two(whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
  }

  private let descriptor: Int32
  private let isTerminal: Bool
  private let state = NIOLockedValueBox((nextLine: 1.0, hasLiveLine: false))

  /// Writes to standard output, or to standard error where standard output is for the summary alone.
  init(onStandardError: Bool) {
    descriptor = onStandardError ? 2 : 1
    isTerminal = isatty(descriptor) == 1
  }

  /// A line that stays.
  func say(_ text: String) {
    state.withLockedValue { state in
      put((state.hasLiveLine ? "\r\u{1b}[K" : "") + text + "\n")
      state.hasLiveLine = false
    }
  }

  /// Shows the state of things, as often as the place is good for.
  func show(_ line: Line) {
    state.withLockedValue { state in
      guard line.seconds >= state.nextLine else { return }
      state.nextLine = line.seconds.rounded(.down) + (isTerminal ? 1 : 10)
      guard isTerminal else { return put(line.text + "\n") }
      put("\r\u{1b}[K" + line.text)
      state.hasLiveLine = true
    }
  }

  private func put(_ text: String) {
    var rest = Substring(text).utf8
    while !rest.isEmpty {
      let written = Array(rest).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      // A reader that is gone ends the talk, not the mining.
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
