import Glibc

/// The terminal at standard output while a program draws on all of it. Plain ANSI, which every terminal knows.
struct TerminalScreen {
  private let before: termios

  /// `nil` where standard input or output is no terminal.
  init?() {
    var settings = termios()
    guard isatty(0) == 1, isatty(1) == 1, tcgetattr(0, &settings) == 0 else { return nil }
    before = settings
  }

  /// Keys come one by one and are not shown; the other screen, without a cursor and without line wrap.
  func open() {
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
    tcsetattr(0, TCSANOW, &raw)
    Self.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J")
  }

  /// Everything as it was.
  func close() {
    Self.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    var settings = before
    tcsetattr(0, TCSANOW, &settings)
  }

  /// Draws over what is there, without clearing first: nothing flickers.
  func draw(_ lines: [String]) {
    Self.write("\u{1b}[H" + lines.joined(separator: "\u{1b}[K\r\n") + "\u{1b}[K\u{1b}[J")
  }

  /// 80 by 24 where the terminal does not say.
  static var size: TerminalSize {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return TerminalSize(columns: 80, rows: 24)
    }
    return TerminalSize(columns: min(Int(size.ws_col), 1000), rows: min(Int(size.ws_row), 500))
  }

  private static func write(_ text: String) {
    var rest = ArraySlice(Array(text.utf8))
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      guard count > 0 else {
        guard errno == EINTR || errno == EAGAIN else { return }
        continue
      }
      rest = rest.dropFirst(count)
    }
  }
}
