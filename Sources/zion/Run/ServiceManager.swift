import Glibc

/// Tells the service manager how this process does, where one asked to be told.
///
/// Source: systemd, `sd_notify(3)`: datagrams of `KEY=VALUE` to the socket that `NOTIFY_SOCKET` names; a name that begins
/// with `@` is abstract.
struct ServiceManager: Sendable {
  enum Message: String, Sendable {
    case ready = "READY=1"
    case stopping = "STOPPING=1"
    /// All loops turn. When that is not said for `WatchdogSec`, the manager ends the process and starts it again.
    case alive = "WATCHDOG=1"
  }

  let socket: String?

  /// - Parameter socket: `nil` where nobody wants to know.
  init(socket: String?) { self.socket = socket }

  /// As the environment has it.
  init() {
    var path: String?
    if let named = getenv("NOTIFY_SOCKET") { path = String(cString: named) }
    self.init(socket: path)
  }

  /// Lost when the manager does not listen: it would not help anybody to fail for that.
  func tell(_ message: Message) {
    guard let socket, !socket.isEmpty else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(socket.utf8)
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    let isNamed = withUnsafeMutableBytes(of: &address.sun_path) { place in
      // One byte is left for the zero at the end of a path.
      guard name.count < place.count else { return false }
      place.copyBytes(from: name)
      return true
    }
    guard isNamed else { return }
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + name.count } ?? 0
    let text = Array(message.rawValue.utf8)
    withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), address, socklen_t(length))
      }
    }
  }
}
