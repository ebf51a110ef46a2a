import Glibc
import Stratum

/// A pool as a proxy sees it: extranonce, difficulty, jobs and `true` for every share. It shares the load
/// generator's thread, so that the moment at which it announces a block is on the clock that times the miners.
final class FakeUpstream: SocketOwner {
  let port: UInt16
  let difficulty: Difficulty
  private(set) var sharesReceived = 0
  private let listener: Int32
  private let poller: Poller
  private var owner = 0
  /// Slot 0 is the listening socket.
  private var peers: [Peer] = [Peer(socket: -1)]
  private var scratch = [UInt8](repeating: 0, count: 64 * 1024)
  private var template = JobText()

  private struct Peer {
    var socket: Int32
    var carry: [UInt8] = []
    var isAuthorized = false
  }

  init(difficulty: Difficulty, poller: Poller) throws(BenchError) {
    self.difficulty = difficulty
    self.poller = poller
    (listener, port) = try Loopback.listen()
    owner = poller.enlist(self)
    try poller.watch(listener, owner: owner, slot: 0, for: .read)
  }

  deinit {
    close(listener)
    for peer in peers where peer.socket >= 0 { close(peer.socket) }
  }

  /// Announces a new block to every connected proxy. Returns the moment before the first byte was written.
  func announceBlock() throws(BenchError) -> MonotonicTime {
    template.nextBlock()
    let line = template.notify(isClean: true)
    let start = Clock.now
    for slot in peers.indices where peers[slot].isAuthorized { try send(line, to: slot) }
    return start
  }

  /// Waits until the proxy has logged in, and for links that its other shards may still be making.
  func waitForProxy(_ server: ServerUnderTest) throws(BenchError) {
    let deadline = Clock.now.advanced(bySeconds: 20)
    while !peers.contains(where: \.isAuthorized) {
      try poller.turn(waiting: 50)
      try server.process.check()
      guard Clock.now < deadline else {
        throw .process(
          name: server.process.name, problem: "has not logged in to its upstream after 20 s",
          log: server.process.logTail)
      }
    }
    try poller.run(for: 0.5)
  }

  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError) {
    guard slot > 0 else { return try accept() }
    guard peers[slot].socket >= 0 else { return }
    let count = recv(peers[slot].socket, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      close(peers[slot].socket)
      peers[slot] = Peer(socket: -1)
      return
    }
    peers[slot].carry.append(contentsOf: scratch[..<count])
    try answerLines(of: slot)
  }

  private func accept() throws(BenchError) {
    while let socket = Loopback.accept(on: listener) {
      peers.append(Peer(socket: socket))
      try poller.watch(socket, owner: owner, slot: peers.count - 1, for: .read)
    }
  }

  /// All answers to what one read brought go out in one write, as a pool's do.
  private func answerLines(of slot: Int) throws(BenchError) {
    var lines: [UInt8] = []
    swap(&lines, &peers[slot].carry)
    var answer: [UInt8] = []
    lines.withUnsafeBytes { raw in
      var start = 0
      while start < raw.count, let base = raw.baseAddress, let hit = memchr(base + start, 10, raw.count - start) {
        let end = UnsafeRawPointer(hit) - base
        reply(to: UnsafeRawBufferPointer(rebasing: raw[start..<end]), from: slot, into: &answer)
        start = end + 1
      }
      peers[slot].carry = Array(raw[start...])
    }
    if !answer.isEmpty { try send(answer, to: slot) }
  }

  private func reply(to line: UnsafeRawBufferPointer, from slot: Int, into answer: inout [UInt8]) {
    let id = line.rawValue(after: "\"id\"") ?? Array("null".utf8)[...]
    let write = { (result: String, answer: inout [UInt8]) in
      answer += Array("{\"id\":".utf8) + id + Array(",\"result\":\(result),\"error\":null}\n".utf8)
    }
    if line.contains("\"mining.submit\"") {
      sharesReceived += 1
      write("true", &answer)
    } else if line.contains("\"mining.subscribe\"") {
      let extranonce1 = Hex.encode(UInt32(truncatingIfNeeded: slot))
      write("[[[\"mining.set_difficulty\",\"d\"],[\"mining.notify\",\"n\"]],\"\(extranonce1)\",8]", &answer)
    } else if line.contains("\"mining.configure\"") {
      write("{\"version-rolling\":true,\"version-rolling.mask\":\"1fffe000\"}", &answer)
    } else if line.contains("\"mining.authorize\"") {
      write("true", &answer)
      // A proxy authorizes one worker a miner; the first one starts the work, as in every pool.
      guard !peers[slot].isAuthorized else { return }
      peers[slot].isAuthorized = true
      answer += Array("{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[\(difficulty.value)]}\n".utf8)
      answer += template.notify(isClean: true)
    } else {
      write("true", &answer)
    }
  }

  private func send(_ bytes: [UInt8], to slot: Int) throws(BenchError) {
    var offset = 0
    while offset < bytes.count {
      let sent = bytes.withUnsafeBytes { raw in
        raw.baseAddress.map { Glibc.send(peers[slot].socket, $0 + offset, bytes.count - offset, Int32(MSG_NOSIGNAL)) }
      }
      guard let sent, sent > 0 else { throw .server("the proxy closed its upstream connection (errno \(errno))") }
      offset += sent
    }
  }
}
