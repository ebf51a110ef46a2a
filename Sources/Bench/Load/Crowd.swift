import Glibc

/// Hears of a crowd's connections. Lines come without their line feed and live only for the call.
protocol CrowdListener: AnyObject {
  func connected(_ index: Int) throws(BenchError)
  func received(_ line: UnsafeRawBufferPointer, by index: Int) throws(BenchError)
}

/// Many client connections to one server: connects them in a bounded window, splits lines, sends whole ones.
final class Crowd: SocketOwner {
  private struct Connection {
    var socket: Int32 = -1
    var isConnected = false
    /// The start of a line whose end has not come.
    var carry: [UInt8] = []
  }

  /// Bytes received on all connections.
  private(set) var bytesReceived = 0
  private let port: UInt16
  private let poller: Poller
  private var owner = 0
  private var connections: [Connection]
  private var scratch = [UInt8](repeating: 0, count: 64 * 1024)
  private unowned let listener: any CrowdListener

  init(count: Int, port: UInt16, poller: Poller, listener: any CrowdListener) {
    self.port = port
    self.poller = poller
    self.listener = listener
    connections = Array(repeating: Connection(), count: count)
    owner = poller.enlist(self)
  }

  deinit { closeAll() }

  var count: Int { connections.count }

  func open(_ index: Int) throws(BenchError) {
    let socket = try Loopback.connect(to: port)
    connections[index].socket = socket
    try poller.watch(socket, owner: owner, slot: index, for: .write)
  }

  func closeAll() {
    for i in connections.indices where connections[i].socket >= 0 {
      Loopback.abandon(connections[i].socket)
      connections[i] = Connection()
    }
  }

  /// A line is far smaller than a socket's buffer: what does not fit at once means that the server reads no more.
  func send(_ bytes: [UInt8], by index: Int) throws(BenchError) {
    let sent = Glibc.send(connections[index].socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    guard sent == bytes.count else {
      throw .server("connection \(index) took \(sent) of \(bytes.count) bytes (errno \(errno))")
    }
  }

  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError) {
    guard connections[slot].isConnected else { return try finishConnect(slot) }
    let socket = connections[slot].socket
    guard socket >= 0 else { return }
    let count = recv(socket, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      throw .server("connection \(slot) was closed (errno \(count < 0 ? errno : 0))")
    }
    bytesReceived += count
    try split(count, slot)
  }

  private func finishConnect(_ slot: Int) throws(BenchError) {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(connections[slot].socket, SOL_SOCKET, SO_ERROR, &code, &size)
    guard code == 0 else { throw .server("connection \(slot) was refused (errno \(code))") }
    connections[slot].isConnected = true
    try poller.rewatch(connections[slot].socket, owner: owner, slot: slot, for: .read)
    try listener.connected(slot)
  }

  private func split(_ count: Int, _ slot: Int) throws(BenchError) {
    if !connections[slot].carry.isEmpty {
      var carry: [UInt8] = []
      swap(&carry, &connections[slot].carry)
      carry.append(contentsOf: scratch[..<count])
      return try deliver(carry, carry.count, slot)
    }
    // The listener never reads while it handles a line, so nothing else touches the scratch meanwhile.
    try deliver(scratch, count, slot)
  }

  private func deliver(_ bytes: [UInt8], _ count: Int, _ slot: Int) throws(BenchError) {
    var failure: BenchError?
    bytes.withUnsafeBytes { raw in
      var start = 0
      while start < count, let base = raw.baseAddress, let hit = memchr(base + start, 10, count - start) {
        let end = UnsafeRawPointer(hit) - base
        do throws(BenchError) {
          try listener.received(UnsafeRawBufferPointer(rebasing: raw[start..<end]), by: slot)
        } catch {
          failure = error
          return
        }
        start = end + 1
      }
      if start < count { connections[slot].carry = Array(raw[start..<count]) }
    }
    if let failure { throw failure }
  }
}
