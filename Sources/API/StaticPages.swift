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
  init(_ file: StaticFile) {
    var headers: HTTPFields = [.contentType: file.contentType]
    headers[.cacheControl] = file.maxAgeSeconds > 0 ? "max-age=\(file.maxAgeSeconds)" : "no-cache"
    for (name, value) in file.fields {
      guard let name = HTTPField.Name(name) else { continue }
      headers[name] = value
    }
    self.init(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
  }
}
