import HTTPTypes
import Hashing
import Hummingbird
import NIOCore
import Synchronization

/// An answer, written out: shared by all who ask the same at about the same time.
struct Reply: Sendable {
  /// What is shorter is not worth compressing.
  static let compressedFrom = 1024

  var status: HTTPResponse.Status
  var contentType: String
  var body: ByteBuffer
  private let compressed = Compressed()
  /// Names these very bytes.
  var tag: String

  init(_ bytes: [UInt8], contentType: String, status: HTTPResponse.Status = .ok) {
    self.status = status
    self.contentType = contentType
    body = ByteBuffer(bytes: bytes)
    let digest = sha256(bytes).prefix(12).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    tag = "W/\"\(digest.joined())\""
  }

  /// The same, gzipped; `nil` where that is no shorter.
  var gzipped: ByteBuffer? { compressed.value(of: body) }

  /// Keys are sorted: the same state always gives the same bytes.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws(Refusal) -> Reply {
    do {
      return Reply(try JSONStream.bytes(of: value), contentType: "application/json; charset=utf-8", status: status)
    } catch {
      // Only a number that JSON cannot write gets here.
      throw Refusal(.internalServerError, "the answer cannot be written as JSON")
    }
  }

  static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Reply {
    Reply(Array(text.utf8), contentType: contentType)
  }

  /// As this client wants it: unchanged, compressed, or as it is.
  func response(to request: Request, cacheControl: String) -> Response {
    var headers: HTTPFields = [.cacheControl: cacheControl, .vary: "Accept-Encoding, Authorization"]
    if status == .ok, request.method == .get || request.method == .head {
      headers[.eTag] = tag
      if let known = request.headers[.ifNoneMatch], Self.names(known, tag) {
        return Response(status: .notModified, headers: headers)
      }
    }
    headers[.contentType] = contentType
    // Whatever a miner calls itself: no browser takes it for a page.
    headers[.xContentTypeOptions] = "nosniff"
    if Self.takesGzip(request.headers[.acceptEncoding] ?? ""), let gzipped {
      headers[.contentEncoding] = "gzip"
      return Response(status: status, headers: headers, body: .init(byteBuffer: gzipped))
    }
    return Response(status: status, headers: headers, body: .init(byteBuffer: body))
  }

  /// Weak comparison, as `If-None-Match` asks for.
  static func names(_ list: String, _ tag: String) -> Bool {
    list.split(separator: ",").contains { part in
      let word = part.filter { $0 != " " && $0 != "\t" }
      return word == "*" || opaque(word) == opaque(tag[...])
    }
  }

  private static func opaque(_ tag: some StringProtocol) -> Substring {
    tag.hasPrefix("W/") ? Substring(tag.dropFirst(2)) : Substring(tag)
  }

  static func takesGzip(_ header: String) -> Bool {
    header.split(separator: ",").contains { part in
      let words = part.lowercased().filter { $0 != " " && $0 != "\t" }.split(separator: ";")
      guard let name = words.first, name == "gzip" || name == "*" else { return false }
      return !words.dropFirst().contains { $0.hasPrefix("q=0") && !$0.contains { ("1"..."9").contains($0) } }
    }
  }
}

/// Made for the first who wants it: most programs never do, and it costs more than the page.
private final class Compressed: Sendable {
  private enum State {
    case open
    case made(ByteBuffer?)
  }

  private let state = Mutex(State.open)

  func value(of body: ByteBuffer) -> ByteBuffer? {
    state.withLock { state in
      if case .made(let short) = state { return short }
      var made: ByteBuffer?
      if body.readableBytes > Reply.compressedFrom, let short = Gzip.compress(Array(body.readableBytesView)),
        short.count < body.readableBytes
      {
        made = ByteBuffer(bytes: short)
      }
      state = .made(made)
      return made
    }
  }
}
