import Glibc

/// TCP sockets on 127.0.0.1 as plain non-blocking descriptors.
enum Loopback {
  /// A connect that is under way: the socket is writable when it is done.
  /// - Parameter source: an address of 127.0.0.0/8 to connect from; `nil` leaves it to the system.
  static func connect(to port: UInt16, from source: UInt32? = nil) throws(BenchError) -> Int32 {
    let socket = try open()
    if let source {
      // The port is chosen when the destination is known: else all connections would share one range of them.
      set(socket, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
      guard withAddress(0, source, { bind(socket, $0, $1) }) == 0 else {
        let code = errno
        close(socket)
        throw .system(call: "bind", code: code)
      }
    }
    let result = withAddress(port) { Glibc.connect(socket, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else {
      let code = errno
      close(socket)
      throw .system(call: "connect", code: code)
    }
    return socket
  }

  /// Whether a connect to `port` succeeds now.
  static func answers(on port: UInt16) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { abandon(socket) }
    return withAddress(port) { Glibc.connect(socket, $0, $1) } == 0
  }

  /// Listens on a port below the range that outgoing connections take theirs from.
  static func listen() throws(BenchError) -> (socket: Int32, port: UInt16) {
    for _ in 0..<200 {
      let port = UInt16.random(in: 20_000..<32_000)
      let socket = try open()
      set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
      if withAddress(port, 0x7f00_0001, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 1024) == 0 {
        return (socket, port)
      }
      close(socket)
    }
    throw .system(call: "bind", code: EADDRINUSE)
  }

  /// A port that nothing listens on now.
  static func freePort() throws(BenchError) -> UInt16 {
    let (socket, port) = try listen()
    close(socket)
    return port
  }

  /// `nil` when nobody waits. The socket blocks: calls on it say MSG_DONTWAIT.
  static func accept(on socket: Int32) -> Int32? {
    let peer = Glibc.accept(socket, nil, nil)
    guard peer >= 0 else { return nil }
    set(peer, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    return peer
  }

  /// Closes without TIME_WAIT, which would use up the ports in a few rounds of 10,000 connections.
  static func abandon(_ socket: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close(socket)
  }

  private static func open() throws(BenchError) -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, kind, 0)
    guard socket >= 0 else { throw .system(call: "socket", code: errno) }
    set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    return socket
  }

  private static func set(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func withAddress<R>(
    _ port: UInt16, _ host: UInt32 = 0x7f00_0001, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }
}
