import Glibc
import NIOConcurrencyHelpers

/// Standard input, as keys.
final class KeyboardBuffer: Sendable {
  private let reader = NIOLockedValueBox(KeyReader())

  /// What there is to read now; `nil` when nothing will come any more.
  func read() -> [TopState.Key]? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(0, &bytes, bytes.count)
    guard count != 0, count > 0 || errno == EINTR || errno == EAGAIN else { return nil }
    return reader.withLockedValue { $0.read(bytes.prefix(max(0, count))) }
  }
}
