import Stratum

extension UpstreamSession.Event {
  var key: UInt64? { if case .answered(let key, _, _) = self { key } else { nil } }
  var target: Target? { if case .work(_, let target, _) = self { target } else { nil } }
  var isFailure: Bool { if case .failed = self { true } else { false } }
}

/// The pool's side of a session, in lines.
final class Upstream {
  static let extranonce = Extranonce([8, 0, 0, 2]) ?? .empty
  var session: UpstreamSession
  var out: [UInt8] = []

  init(_ algorithm: Algorithm = .sha256d) {
    session = UpstreamSession(
      algorithm: algorithm, credentials: .init(user: "acct", password: "x"), resume: nil, at: .zero)
    session.connected(at: .zero, into: &out)
  }

  var hears: String {
    defer { out = [] }
    return String(decoding: out, as: UTF8.self)
  }

  func says(_ line: String) -> UpstreamSession.Event? {
    do throws(MalformedLine) {
      return session.received(try ServerMessageParser.parse(Array(line.utf8)), at: .zero, into: &out)
    } catch {
      return session.receivedMalformed()
    }
  }

  /// So many seconds after the last word.
  func waits(_ seconds: Double) -> UpstreamSession.Event? {
    session.ticked(at: MonotonicTime.zero.advanced(bySeconds: seconds))
  }

  func subscribed() {
    _ = says(#"{"id":1,"result":null,"error":[20,"Not supported.",null]}"#)
    _ = says(#"{"id":2,"result":[[["mining.notify","s1"]],"08000002",8],"error":null}"#)
  }

  func works() {
    subscribed()
    _ = says(#"{"id":3,"result":true,"error":null}"#)
    _ = says(#"{"id":4,"result":true,"error":null}"#)
    out = []
  }

  func notifies(_ id: String) -> UpstreamSession.Event? {
    let zeros = String(repeating: "0", count: 64)
    return says(
      "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"\(id)\",\"\(zeros)\",\"01\",\"02\",[],\"20000000\","
        + "\"1d00ffff\",\"5f000000\",true]}")
  }

  func submits(key: UInt64, worker: String = "acct") {
    session.submit(
      key: key, worker: worker, sourceJobID: "j",
      .bitcoin(BitcoinSolution(extranonce2: .empty, nTime: UnixTime(seconds: 1), nonce: 2)), at: .zero, into: &out)
  }
}

extension String {
  /// How often `part` is in it.
  func occurrences(of part: String) -> Int { ranges(of: part).count }
}
