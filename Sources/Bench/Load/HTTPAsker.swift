import Glibc
import Stratum

/// One HTTP connection that is kept: asks for a path, and hears of the answer when all of it has come.
final class HTTPAsker: SocketOwner {
  struct Answer {
    var status: Int
    var body: ArraySlice<UInt8>
  }

  var onAnswer: (Answer) throws(BenchError) -> Void = { (_) throws(BenchError) in }

  private enum State { case connecting, idle, waiting }

  private let port: UInt16
  private let token: String?
  private let poller: Poller
  private var socket: Int32 = -1
  private var state = State.connecting
  private var received: [UInt8] = []
  /// Of the answer that is coming: where its body begins and ends.
  private var body: Range<Int>?
  private var scratch = [UInt8](repeating: 0, count: 256 * 1024)

  /// Returns when it is connected.
  init(port: UInt16, token: String? = nil, poller: Poller) throws(BenchError) {
    self.port = port
    self.token = token
    self.poller = poller
    socket = try Loopback.connect(to: port)
    let owner = poller.enlist(self)
    try poller.watch(socket, owner: owner, slot: 0, for: .write)
    try poller.run(upTo: 10, waitingFor: "a connection to the API") { state != .connecting }
    try poller.rewatch(socket, owner: owner, slot: 0, for: .read)
  }

  deinit { close() }

  func close() {
    guard socket >= 0 else { return }
    Loopback.abandon(socket)
    socket = -1
  }

  func ask(_ path: String) throws(BenchError) {
    guard state == .idle else { throw .server("asked for \(path) while another answer is due") }
    let who = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(who)\r\n".utf8)
    let sent = send(socket, request, request.count, Int32(MSG_NOSIGNAL))
    guard sent == request.count else { throw .server("the API took \(sent) bytes of a request (errno \(errno))") }
    state = .waiting
  }

  /// One question, and nothing else meanwhile.
  func fetch(_ path: String, upTo seconds: Double = 60) throws(BenchError) -> Answer {
    var answer: Answer?
    onAnswer = { new throws(BenchError) in answer = new }
    defer { onAnswer = { (_) throws(BenchError) in } }
    try ask(path)
    try poller.run(upTo: seconds, waitingFor: "GET \(path)") { answer != nil }
    guard let answer else { throw .timeout(waitingFor: "GET \(path)", seconds: seconds) }
    return answer
  }

  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError) {
    guard socket >= 0 else { return }
    if state == .connecting {
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
      guard code == 0 else { throw .server("the API refused a connection (errno \(code))") }
      state = .idle
      return
    }
    let count = recv(socket, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    guard count > 0 else {
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      throw .server("the API closed a connection (errno \(count < 0 ? errno : 0))")
    }
    received += scratch[..<count]
    if body == nil { try readHead() }
    guard let body, received.count >= body.upperBound else { return }
    guard received.count == body.upperBound else { throw .server("the API sent more than one answer") }
    let answer = Answer(status: status, body: received[body])
    received.removeAll(keepingCapacity: true)
    self.body = nil
    state = .idle
    try onAnswer(answer)
  }

  private var status = 0

  private func readHead() throws(BenchError) {
    let found = received.withUnsafeBytes { raw -> (end: Int, length: Int?, status: Int)? in
      guard let end = raw.find("\r\n\r\n") else { return nil }
      let head = String(decoding: raw[..<end], as: UTF8.self).lowercased()
      let line = head.split(whereSeparator: \.isNewline).first { $0.hasPrefix("content-length:") }
      let length = line.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
      return (end + 4, length, Int(head.dropFirst(9).prefix(3)) ?? 0)
    }
    guard let found else { return }
    guard let length = found.length else { throw .server("the API sent an answer without its length") }
    status = found.status
    body = found.end..<(found.end + length)
  }
}
