import Foundation
import NIOConcurrencyHelpers

/// A terminal of a size that a test chooses, with a program that believes in it.
public final class PseudoTerminal: Sendable {
  public struct None: Error {}

  /// TIOCSPTLCK and TIOCGPTN, which Swift does not import.
  ///
  /// Source: Linux, `include/uapi/asm-generic/ioctls.h`.
  private static let unlock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  private let master: Int32
  private let slave: FileHandle
  private let process: Process
  private let shown = NIOLockedValueBox<[UInt8]>([])

  /// Starts the program at once.
  public init(_ executable: URL, _ arguments: [String], columns: UInt16, rows: UInt16) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (lock, number) = (CInt(0), CUnsignedInt(0))
    guard master >= 0, ioctl(master, Self.unlock, &lock) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
      throw None()
    }
    let name = "/dev/pts/\(number)"
    let descriptor = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw None() }
    slave = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = slave
    process.standardOutput = slave
    process.standardError = FileHandle.nullDevice
    setSize(columns: columns, rows: rows)
    try process.start()
    let (master, shown) = (master, shown)
    Thread.detachNewThread {
      var bytes = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = read(master, &bytes, bytes.count)
        guard count > 0 else { return }
        shown.withLockedValue { $0 += bytes.prefix(count) }
      }
    }
  }

  deinit {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    close(master)
  }

  /// Everything that was written so far.
  public var output: String { shown.withLockedValue { String(decoding: $0, as: UTF8.self) } }

  public var isRunning: Bool { process.isRunning }
  /// Of a program that has ended.
  public var exitCode: Int32? { process.isRunning ? nil : process.terminationStatus }

  public func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
  }

  /// As a window does that is drawn larger: the system tells the program.
  public func resize(columns: UInt16, rows: UInt16) {
    setSize(columns: columns, rows: rows)
    Foundation.kill(process.processIdentifier, SIGWINCH)
  }

  private func setSize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Whether keys are shown and lines are edited, as in a shell.
  public var isCooked: Bool {
    var settings = termios()
    return tcgetattr(slave.fileDescriptor, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO | ICANON) != 0
  }
}
