import Hummingbird
import NIOCore
import Orchestrator

/// What is known of a connection that asks.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let client: APIClientAddress

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    var client = APIClientAddress(source.channel.remoteAddress)
    if case .unixDomainSocket = source.channel.localAddress { client.isAtSocket = true }
    self.client = client
  }
}

/// Where a client comes from.
struct APIClientAddress: Sendable, Equatable {
  /// Of IPv6 the /64: what one subscriber has.
  var network: String
  var isLoopback: Bool
  /// `nil` where it is not known.
  var address: NetworkAddress?
  /// Whether it came through the Unix socket, which the system opens to its owner and group alone.
  var isAtSocket = false

  init(network: String, isLoopback: Bool) {
    self.network = network
    self.isLoopback = isLoopback
  }

  init(_ socket: SocketAddress?) {
    defer { address = socket?.ipAddress.flatMap { NetworkAddress(ofSocket: $0) } }
    switch socket {
    case .v4(let address):
      let number = UInt32(bigEndian: address.address.sin_addr.s_addr)
      self.init(network: String(number, radix: 16), isLoopback: number >> 24 == 127)
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
      let isLoopback = isMapped ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
      let part = isMapped ? bytes[12...] : bytes[..<8]
      self.init(network: part.map { String($0, radix: 16) }.joined(separator: ":"), isLoopback: isLoopback)
    default: self.init(network: "local", isLoopback: true)
    }
  }
}
