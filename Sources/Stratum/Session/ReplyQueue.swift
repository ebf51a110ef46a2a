/// Keeps replies in the order of their requests: miners that reuse ids match by position.
///
/// A request that cannot be answered yet holds back the replies behind it.
public struct ReplyQueue: Sendable, Codable {
  public enum Reply: Equatable, Sendable, Codable {
    case accepted
    case rejected(code: Int, message: String)
    /// A whole line, with its newline.
    case line([UInt8])
  }

  private struct Entry: Sendable, Codable {
    let id: RequestID
    var reply: Reply?
  }

  private var waiting: [Entry] = []
  /// Sequence of `waiting[0]`.
  private var first: UInt32 = 0

  /// Answers as `login` miners read them, from the first on.
  var isForLogin = false

  public init() {}

  /// Beyond this the peer asks faster than it can be answered, and the caller closes.
  public var isOverflowing: Bool { waiting.count >= 2 * Limits.pendingReplies }

  /// Whether no request waits.
  public var isEmpty: Bool { waiting.isEmpty }

  /// Holds a place for a later reply; `nil` at `Limits.pendingReplies`.
  public mutating func open(_ id: RequestID) -> UInt32? {
    guard waiting.count < Limits.pendingReplies else { return nil }
    waiting.append(Entry(id: id))
    return first &+ UInt32(waiting.count - 1)
  }

  /// Answers the request opened as `sequence`, and writes every reply that is due now. A second answer is ignored.
  public mutating func resolve(_ sequence: UInt32, _ reply: Reply, into out: inout [UInt8]) {
    resolve(sequence, with: { _ in reply }, into: &out)
  }

  /// The same for a reply that carries the request's id in a line of its own.
  public mutating func resolve(_ sequence: UInt32, with reply: (RequestID) -> Reply, into out: inout [UInt8]) {
    let index = Int(sequence &- first)
    guard index < waiting.count, waiting[index].reply == nil else { return }
    waiting[index].reply = reply(waiting[index].id)
    flush(into: &out)
  }

  /// Whether the request opened as `sequence` still waits for its reply.
  public func isOpen(_ sequence: UInt32) -> Bool {
    let index = Int(sequence &- first)
    return index < waiting.count && waiting[index].reply == nil
  }

  /// Answers at once, behind whatever is still open.
  public mutating func reply(_ id: RequestID, _ reply: Reply, into out: inout [UInt8]) {
    if waiting.isEmpty {
      write(id, reply, into: &out)
    } else {
      waiting.append(Entry(id: id, reply: reply))
    }
  }

  private mutating func flush(into out: inout [UInt8]) {
    var done = 0
    while done < waiting.count, let reply = waiting[done].reply {
      write(waiting[done].id, reply, into: &out)
      done += 1
    }
    first &+= UInt32(done)
    if done == waiting.count {
      // An idle session keeps no array: ten thousand of them are mostly idle.
      waiting = []
    } else {
      waiting.removeFirst(done)
    }
  }

  private func write(_ id: RequestID, _ reply: Reply, into out: inout [UInt8]) {
    switch reply {
    case .accepted where isForLogin: MessageWriter.loginStatus(id, "OK", into: &out)
    case .accepted: MessageWriter.accepted(id, into: &out)
    case .rejected(let code, let message) where isForLogin:
      MessageWriter.loginError(id, code: code, message: message, into: &out)
    case .rejected(let code, let message): MessageWriter.rejected(id, code: code, message: message, into: &out)
    case .line(let line): out += line
    }
  }
}
