import ArgumentParser
import Foundation

/// How commands that change or ask for something of the operator's are told the token.
struct TokenArguments: ParsableArguments {
  @Option(help: "The token. Others on this machine can see it: prefer --token-file or ZION_TOKEN.")
  var token: String?

  @Option(help: "A file with the token on its first line.")
  var tokenFile: String?

  func read() throws(APIClient.Failure) -> String? {
    if let token { return token }
    guard let tokenFile else { return ProcessInfo.processInfo.environment["ZION_TOKEN"] }
    do throws(TextFile.Unreadable) {
      return try TextFile.read(tokenFile).split(whereSeparator: \.isNewline).first.map { String($0.trimming()) }
    } catch {
      throw APIClient.Failure(description: "\(tokenFile) cannot be read: \(error.reason)")
    }
  }
}
