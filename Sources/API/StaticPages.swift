import HTTPTypes
import Hummingbird

/// What is served beside `/api`: the file at a path such as `/` or `/app.js`; `nil` where there is none.
public typealias StaticPages = @Sendable (_ path: String) -> StaticFile?

/// A file that does not change while the process lives.
public struct StaticFile: Sendable, Equatable {
  public var bytes: [UInt8]
  /// `text/html; charset=utf-8`
  public var contentType: String
  /// How long a browser may use it without asking, seconds; 0 asks each time.
  public var maxAgeSeconds: Int
  /// More header fields, such as `Content-Security-Policy`.
  public var fields: [String: String]

  public init(bytes: [UInt8], contentType: String, maxAgeSeconds: Int = 0, fields: [String: String] = [:]) {
    self.bytes = bytes
    self.contentType = contentType
    self.maxAgeSeconds = maxAgeSeconds
    self.fields = fields
  }
}

extension Response {
  /// The file, or that this client has it already (`ETag` and `If-None-Match`).
  init(_ file: StaticFile, for request: Request) {
    var headers: HTTPFields = [:]
    headers[.cacheControl] = file.maxAgeSeconds > 0 ? "max-age=\(file.maxAgeSeconds)" : "no-cache"
    for (name, value) in file.fields {
      guard let name = HTTPField.Name(name) else { continue }
      headers[name] = value
    }
    if let tag = headers[.eTag], let known = request.headers[.ifNoneMatch], Reply.names(known, tag) {
      self.init(status: .notModified, headers: headers)
      return
    }
    headers[.contentType] = file.contentType
    self.init(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
  }
}
