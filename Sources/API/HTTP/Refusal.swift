import Hummingbird

/// A request that is not carried out, and why.
struct Refusal: Error {
  let status: HTTPResponse.Status
  let message: String
  var headers: HTTPFields = [:]
  /// Whether it is held against the client: honest ones do it rarely.
  var isHeldAgainst = false

  init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:], isHeldAgainst: Bool = false) {
    self.status = status
    self.message = message
    self.headers = headers
    self.isHeldAgainst = isHeldAgainst
  }

  var page: ErrorPage { ErrorPage(error: message, code: status.code, message: message) }
}

/// What every error looks like. `error` is a sentence, as it always was here and as Miningcore's clients show it; `code`
/// and `message` are what ZION's clients look for beside it.
public struct ErrorPage: Codable, Sendable, Equatable {
  public var error: String
  /// The HTTP status.
  public var code: Int
  public var message: String
}
