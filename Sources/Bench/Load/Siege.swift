import Glibc
import Stratum

/// How many connections a `Siege` had opened, and when, as it says once a second: "opened 333 after 1.001 s".
struct SiegeCount: CustomStringConvertible {
  var opened: Int
  /// Since its first.
  var seconds: Double

  /// What each line of one begins with.
  static let beginning = "opened "

  init(opened: Int, seconds: Double) {
    self.opened = opened
    self.seconds = seconds
  }

  /// - Parameter line: with whatever follows the count.
  init?(line: Substring) {
    let words = line.split(separator: " ")
    guard line.hasPrefix(Self.beginning), words.count >= 4, let opened = Int(words[1]), let seconds = Double(words[3])
    else { return nil }
    self.init(opened: opened, seconds: seconds)
  }

  var description: String { "\(Self.beginning)\(opened) after \((seconds * 1000).rounded() / 1000) s" }

  /// Connections in a minute between an earlier count and this one.
  func perMinute(since earlier: SiegeCount) -> Double {
    Double(opened - earlier.opened) * 60 / (seconds - earlier.seconds)
  }
}

/// Many connections from many addresses that mean no good, as a program of its own: started by `SiegeBenchmark`, ended
/// from outside. What the server does with them is not looked at, only counted.
public final class Siege: SocketOwner {
  /// So many are held open at most; the oldest goes for the newest.
  private static let held = 4000

  /// What one of them does, in turn.
  private enum Kind: Int, CaseIterable {
    case silent, gone, nonsense, halfLogin, junkShares, noLineEnd, web, drip, idle, halfTLS
  }

  private struct Attacker {
    var socket: Int32 = -1
    var kind = Kind.silent
    var isConnected = false
  }

  private let port: UInt16
  private let addresses: Int
  private let user: String
  private let poller: Poller
  private var owner = 0
  private var attackers = [Attacker](repeating: Attacker(), count: held)
  private var opened = 0
  private var closedByServer = 0
  private var failed = 0
  private var random = SystemRandomNumberGenerator()
  private var scratch = [UInt8](repeating: 0, count: 64 * 1024)

  private init(port: UInt16, addresses: Int, user: String, poller: Poller) {
    self.port = port
    self.addresses = addresses
    self.user = user
    self.poller = poller
    owner = poller.enlist(self)
  }

  /// Goes on until the process is ended.
  /// - Parameter user: an account that the pool takes.
  public static func run(port: UInt16, addresses: Int, perMinute: Double, user: String) throws(BenchError) {
    let poller = try Poller()
    let siege = Siege(port: port, addresses: addresses, user: user, poller: poller)
    let start = Clock.now
    var told = start
    for number in 0... {
      let due = start.advanced(bySeconds: Double(number) * 60 / perMinute)
      while Clock.now < due { try poller.turn(until: due) }
      try siege.open(number)
      if told.advanced(bySeconds: 1) <= Clock.now {
        told = Clock.now
        siege.tell(SiegeCount(opened: siege.opened, seconds: told.seconds(since: start)))
      }
    }
  }

  /// One in ten comes from the honest miners' own network, the others from twenty networks.
  static func address(_ index: Int) -> UInt32 {
    index % 10 == 0
      ? 0x7f00_0000 + 2 + UInt32(index / 10) % 200
      : 0x7f42_0000 + UInt32(index % 20) << 8 + 1 + UInt32(index / 20) % 250
  }

  private func tell(_ count: SiegeCount) {
    let line = Array("\(count), closed by the server \(closedByServer), failed \(failed)\n".utf8)
    _ = write(1, line, line.count)
  }

  private func open(_ number: Int) throws(BenchError) {
    let slot = number % Self.held
    if attackers[slot].socket >= 0 { close(slot) }
    let kind = Kind(rawValue: number % Kind.allCases.count) ?? .silent
    // Another kind comes from each address every time.
    let source = Self.address((number / Kind.allCases.count + number) % addresses)
    let socket = try Loopback.connect(to: port, from: source)
    attackers[slot] = Attacker(socket: socket, kind: kind)
    try poller.watch(socket, owner: owner, slot: slot, for: .write)
    drip(number)
  }

  /// Those who send a byte at a time send one.
  private func drip(_ number: Int) {
    let slot = number &* 7919 % Self.held
    guard attackers[slot].kind == .drip, attackers[slot].isConnected else { return }
    send([UInt8(ascii: "{")], slot)
  }

  private func close(_ slot: Int) {
    Loopback.abandon(attackers[slot].socket)
    attackers[slot] = Attacker()
  }

  /// What does not fit is not sent.
  private func send(_ bytes: [UInt8], _ slot: Int) {
    _ = Glibc.send(attackers[slot].socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }

  func ready(_ slot: Int, for readiness: Readiness) throws(BenchError) {
    let socket = attackers[slot].socket
    guard socket >= 0 else { return }
    guard attackers[slot].isConnected else { return try connected(slot) }
    let count = recv(socket, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    guard count <= 0, !(count < 0 && (errno == EAGAIN || errno == EINTR)) else { return }
    closedByServer += 1
    close(slot)
  }

  private func connected(_ slot: Int) throws(BenchError) {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(attackers[slot].socket, SOL_SOCKET, SO_ERROR, &code, &size)
    guard code == 0 else {
      failed += 1
      return close(slot)
    }
    opened += 1
    attackers[slot].isConnected = true
    try poller.rewatch(attackers[slot].socket, owner: owner, slot: slot, for: .read)
    attack(slot)
  }

  private func attack(_ slot: Int) {
    switch attackers[slot].kind {
    case .silent, .drip: break
    case .gone: close(slot)
    case .nonsense: send(noise(512) + [10], slot)
    case .halfLogin: send(Self.subscribe, slot)
    case .idle: send(Self.subscribe + authorize, slot)
    case .junkShares: send(Self.subscribe + authorize + junk, slot)
    case .noLineEnd: send([UInt8](repeating: UInt8(ascii: "["), count: 64 * 1024), slot)
    case .web: send(Array("GET / HTTP/1.1\r\nHost: pool\r\n\r\n".utf8), slot)
    case .halfTLS: send([22, 3, 1, 2, 0] + noise(100), slot)
    }
  }

  private func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }

  private static let subscribe = Array("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"siege\"]}\n".utf8)

  private var authorize: [UInt8] {
    Array("{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"\(user).siege\",\"x\"]}\n".utf8)
  }

  /// Twenty shares of a job that there is not, the same twenty times over.
  private var junk: [UInt8] {
    let line =
      "{\"id\":3,\"method\":\"mining.submit\",\"params\":[\"\(user).siege\",\"1\",\"00000000\",\"00000000\",\"00000000\"]}\n"
    return Array(String(repeating: line, count: 20).utf8)
  }
}
