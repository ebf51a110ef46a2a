import Glibc

/// Ports for a server that is started again and again: below those that the system gives to outgoing connections, one of
/// which may otherwise have the port while the server is down.
enum ChaosPorts {
  static func take(_ count: Int, using random: inout some RandomNumberGenerator) throws -> [Int] {
    var ports: [Int] = []
    for _ in 0..<1000 where ports.count < count {
      let port = Int.random(in: 10_000..<32_000, using: &random)
      if !ports.contains(port), isFree(port) { ports.append(port) }
    }
    guard ports.count == count else { throw ChaosError("no \(count) free ports between 10000 and 32000") }
    return ports
  }

  private static func isFree(_ port: Int) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return false }
    defer { close(socket) }
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
