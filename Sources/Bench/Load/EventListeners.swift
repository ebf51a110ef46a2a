import Glibc
import Stratum

/// WebSockets that listen: how long each message was on its way, by the time that it carries (`t=NANOSECONDS;`). The
/// last of them reads nothing after its handshake.
final class EventListeners: SocketOwner {
  private enum State { case connecting, shakingHands, open }

  private struct Connection {
    var socket: Int32 = -1
    var state = State.connecting
    /// What came of a message whose end did not.
    var carry: [UInt8] = []
  }

  /// Seconds on the way, of every message while `isTiming`.
  private(set) var times: [Double] = []
  var isTiming = false
  private(set) var openCount = 0
  /// Length of the last message, without its frame.
  private(set) var messageBytes = 0
  private let port: UInt16
  private let path: String
  private let poller: Poller
  private var owner = 0
  private var connections: [Connection]
  private var scratch = [UInt8](repeating: 0, count: 64 * 1024)

  /// `count` that read, and one that does not.
  init(count: Int, port: UInt16, path: String, poller: Poller) {
    self.port = port
    self.path = path
    self.poller = poller
    connections = Array(repeating: Connection(), count: count + 1)
    owner = poller.enlist(self)
  }

  deinit { leave() }

  func connectAll(atOnce: Int = 500) throws(BenchError) {
    for start in stride(from: 0, to: connections.count, by: atOnce) {
      let end = min(start + atOnce, connections.count)
      for index in start..<end {
        connections[index].socket = try Loopback.connect(to: port)
        try poller.watch(connections[index].socket, owner: owner, slot: index, for: .write)
      }
      try poller.run(upTo: 60, waitingFor: "\(end) handshakes") { openCount >= end }
    }
  }

  func leave() {
    for index in connections.indices where connections[index].socket >= 0 {
      Loopback.abandon(connections[index].socket)
      connections[index] = Connection()
    }
  }

  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError) {
    let socket = connections[slot].socket
    guard socket >= 0 else { return }
    if case .connecting = connections[slot].state { return try shakeHands(slot) }
    if case .open = connections[slot].state, slot == connections.count - 1 { return }
    let count = recv(socket, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      throw .server("listener \(slot) was closed (errno \(count < 0 ? errno : 0))")
    }
    var bytes = scratch[..<count]
    if !connections[slot].carry.isEmpty {
      connections[slot].carry += bytes
      bytes = connections[slot].carry[...]
      connections[slot].carry = []
    }
    if case .shakingHands = connections[slot].state {
      guard let rest = try answered(bytes, slot) else { return }
      bytes = rest
    }
    read(bytes, slot)
  }

  private func shakeHands(_ slot: Int) throws(BenchError) {
    let request =
      "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    let bytes = Array(request.utf8)
    let sent = send(connections[slot].socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    guard sent == bytes.count else { throw .server("listener \(slot) was refused (errno \(errno))") }
    connections[slot].state = .shakingHands
    try poller.rewatch(connections[slot].socket, owner: owner, slot: slot, for: .read)
  }

  /// What follows the answer to the handshake; `nil` while that has not come whole.
  private func answered(_ bytes: ArraySlice<UInt8>, _ slot: Int) throws(BenchError) -> ArraySlice<UInt8>? {
    let end = bytes.withUnsafeBytes { $0.find("\r\n\r\n") }
    guard let end else {
      connections[slot].carry = Array(bytes)
      return nil
    }
    guard bytes.starts(with: "HTTP/1.1 101".utf8) else {
      throw .server("a handshake was answered \(String(decoding: bytes.prefix(200), as: UTF8.self))")
    }
    connections[slot].state = .open
    openCount += 1
    if slot == connections.count - 1 {
      try poller.rewatch(connections[slot].socket, owner: owner, slot: slot, for: Readiness(rawValue: 0))
    }
    return bytes.dropFirst(end + 4)
  }

  private func read(_ bytes: ArraySlice<UInt8>, _ slot: Int) {
    let now = Clock.now
    var rest = bytes
    while rest.count >= 2 {
      let start = rest.startIndex
      var (length, header) = (Int(rest[start + 1] & 0x7f), 2)
      if length == 126 {
        guard rest.count >= 4 else { break }
        (length, header) = (Int(rest[start + 2]) << 8 | Int(rest[start + 3]), 4)
      }
      guard rest.count >= header + length else { break }
      if rest[start] == 0x81 { received(rest[(start + header)..<(start + header + length)], at: now) }
      if rest[start] == 0x89 { answerPing(slot) }
      rest = rest.dropFirst(header + length)
    }
    if !rest.isEmpty { connections[slot].carry = Array(rest) }
  }

  /// The server's pings are empty. One that cannot be answered shows in the end of the connection.
  private func answerPing(_ slot: Int) {
    let pong: [UInt8] = [0x8a, 0x80, 1, 2, 3, 4]
    _ = send(connections[slot].socket, pong, pong.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }

  private func received(_ message: ArraySlice<UInt8>, at now: MonotonicTime) {
    let stamp = message.withUnsafeBytes { raw -> UInt64? in
      guard let place = raw.find("t=") else { return nil }
      return raw[(place + 2)...].prefix { (48...57).contains($0) }.reduce(0) { $0 &* 10 &+ UInt64($1 - 48) }
    }
    guard let stamp else { return }
    messageBytes = message.count
    if isTiming { times.append(now.seconds(since: MonotonicTime(nanoseconds: stamp))) }
  }
}
