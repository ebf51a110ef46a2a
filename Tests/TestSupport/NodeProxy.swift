import Foundation
import Synchronization

/// Stands between a program and a node's JSON-RPC: lets calls pass, delays or drops requests and replies, and tells the
/// test of each call, before the node has it and after it has answered. Each call is a connection of its own.
public final class NodeProxy: Sendable {
  /// What happens to one call.
  public struct Treatment: Sendable {
    /// Runs before the node gets the request.
    public var before: (@Sendable () -> Void)?
    /// Runs when the node has answered, before the answer goes on.
    public var after: (@Sendable () -> Void)?
    /// The node never gets the request; the caller's connection is closed.
    public var dropsRequest = false
    /// The node has done it, and the caller does not hear of it.
    public var dropsReply = false
    /// The reply comes so much later.
    public var delaySeconds = 0.0
    /// The caller gets this for the body of the reply.
    public var rewrite: (@Sendable (_ body: String) -> String)?

    public init() {}
  }

  /// A bare closure behind a lock is wrapped once more each time that it is read.
  private struct Rule: Sendable {
    let treatment: @Sendable (_ method: String) -> Treatment
  }

  public let port: Int
  private let target: Int
  private let listener: Int32
  private let rule = Mutex(Rule { _ in Treatment() })
  private let seen = Mutex<[String]>([])
  private let queue = DispatchQueue(label: "node-proxy", attributes: .concurrent)

  /// Names of the methods that were called, in order.
  public var calls: [String] { seen.withLock { $0 } }

  /// - Parameter target: the node's port on the loopback.
  public init(to target: Int) throws {
    self.target = target
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRINUSE) }
    port = Int(UInt16(bigEndian: address.sin_port))
    self.listener = listener
    queue.async { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        self.queue.async { self.serve(connection) }
      }
    }
  }

  deinit { stop() }

  /// Decides what happens to each call from now on.
  public func treat(_ treatment: @escaping @Sendable (_ method: String) -> Treatment) {
    rule.withLock { $0 = Rule(treatment: treatment) }
  }

  /// Takes no more calls.
  public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private func serve(_ caller: Int32) {
    defer { close(caller) }
    guard let request = readRequest(caller) else { return }
    let method = JSON(Data(request.body))?["method"].string ?? "?"
    seen.withLock { $0.append(method) }
    let treatment = rule.withLock { $0 }.treatment(method)
    treatment.before?()
    guard !treatment.dropsRequest else { return }
    let node = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(node) }
    var address = Self.address(port: target)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(node, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0, write(request.all, to: node) else { return }
    // The request says `connection: close`, so that the end of the answer is the end of the connection.
    let reply = readAll(node)
    treatment.after?()
    if treatment.delaySeconds > 0 { Thread.sleep(forTimeInterval: treatment.delaySeconds) }
    if !treatment.dropsReply { _ = write(treatment.rewrite.map { Self.rewritten(reply, $0) } ?? reply, to: caller) }
  }

  private static func rewritten(_ reply: [UInt8], _ rewrite: (String) -> String) -> [UInt8] {
    guard let end = reply.firstRange(of: Array("\r\n\r\n".utf8)) else { return reply }
    let body = rewrite(String(decoding: reply[end.upperBound...], as: UTF8.self))
    let head = String(decoding: reply[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").filter {
      !$0.lowercased().hasPrefix("content-length:")
    }
    return Array((head + ["content-length: \(body.utf8.count)"]).joined(separator: "\r\n").utf8)
      + Array("\r\n\r\n\(body)".utf8)
  }

  private func readRequest(_ descriptor: Int32) -> (all: [UInt8], body: [UInt8])? {
    var bytes: [UInt8] = []
    while bytes.count < 64 << 20 {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
        let length =
          head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        let body = bytes[end.upperBound...]
        if body.count >= length { return (bytes, Array(body)) }
      }
      guard let more = readSome(descriptor) else { return nil }
      bytes += more
    }
    return nil
  }

  private func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    while let more = readSome(descriptor) { bytes += more }
    return bytes
  }

  private func readSome(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
