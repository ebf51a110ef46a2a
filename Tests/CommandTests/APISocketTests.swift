import Foundation
import Logging
import NIOPosix
import TestSupport
import Testing

@testable import API
@testable import zion

/// The interface at a Unix socket.
@Suite struct APISocketTests {
  private static let tokens = [APIToken(name: "operator", token: "turn", scopes: [.read, .operate])]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("socket") }

  private var path: String { folder.url.appendingPathComponent("api.sock").path }

  private func access(changesAtSocketOnly: Bool = false) -> APIAccess {
    var access = APIAccess(tokens: Self.tokens, freshSeconds: 0)
    access.changesAtSocketOnly = changesAtSocketOnly
    return access
  }

  private func mode(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func `it answers as the port does, to its owner and group`() async throws {
    let (path, fleet) = (path, FakeFleet.withPool())
    try await fleet.serve(token: nil, access: access(), socket: path) { api in
      #expect(try mode(of: path) == 0o660)
      let client = APIClient(path, token: "turn")
      let stats = try await client.get("/api/stats", as: StatsPage.self)
      let port = APIClient("http://127.0.0.1:\(api.port)")
      #expect(stats.about == (try await port.get("/api/stats", as: StatsPage.self)).about)
      _ = try await client.move(to: "alpha", worker: nil)
      #expect(fleet.state.withLockedValue { $0.writes.map(\.who) } == ["operator"])
      // Who may open the socket still needs a token.
      await #expect(throws: APIClient.Failure.self) { try await APIClient(path).move(to: "alpha", worker: nil) }
      await #expect(throws: APIClient.Failure.self) {
        try await APIClient(path, token: "wrong").move(to: "alpha", worker: nil)
      }
      #expect(fleet.state.withLockedValue { $0.writes.count } == 1)
    }
  }

  @Test func `attack 17, orders from elsewhere: with changes at the socket alone the port moves nobody for any token`()
    async throws
  {
    let (path, fleet) = (path, FakeFleet.withPool())
    try await fleet.serve(token: nil, access: access(changesAtSocketOnly: true), socket: path) { api in
      for token in ["turn", "wrong", nil] {
        let answer = try await api.move(#"{"to":"alpha"}"#, token: token)
        #expect(answer.status == 403 && answer.error.contains("api.socket"), "\(answer.text)")
      }
      #expect(fleet.state.withLockedValue { $0.writes } == [])
      // To look is free, and a miner's own signature is taken as before.
      #expect(try await api.get("/api/stats").status == 200)
      let settings = "/api/pools/zion/miners/\(FakePoolView.address)/settings"
      let (signature, key) = (String(repeating: "ab", count: 64), String(repeating: "cd", count: 32))
      let signed =
        #"{"settings":{"paymentThreshold":0.000001},"signature":"\#(signature)","publicKey":"\#(key)","time":9}"#
      #expect(try await api.send("POST", settings, body: signed).status == 200)
      _ = try await APIClient(path, token: "turn").move(to: "alpha", worker: nil)
      #expect(fleet.state.withLockedValue { $0.writes.map(\.path) } == [settings, "/api/move"])
    }
  }

  @Test func `a file of another kind is left alone, and a folder that is not there is said`() async throws {
    try folder.write("precious", to: "api.sock")
    for path in [path, folder.url.path + "/none/api.sock"] {
      let server = APIServer(
        view: FakeFleet(), host: "127.0.0.1", port: 0, access: access(), group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), socket: path)
      let error = await #expect(throws: (any Error).self) { try await server.run() }
      #expect(error.map { "\($0)".contains(path) } == true, "\(error.map { "\($0)" } ?? "")")
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func `a command that finds nobody says where it looked`() async throws {
    let error = await #expect(throws: APIClient.Failure.self) {
      try await APIClient(path).get("/api/stats", as: StatsPage.self)
    }
    #expect(
      error?.description.contains("no answer from \(path): No such file or directory") == true,
      "\(error?.description ?? "")")
  }
}
