import Logging
import NIOCore
import NIOEmbedded
import Stratum
import Testing

@testable import Proxy

@Suite struct UpstreamLinkTests {
  /// A source with one link, past its handshake; what it says to the link it says in lines.
  private final class Pool {
    let source: UpstreamSource
    let link: UpstreamLink
    private let channel: EmbeddedChannel

    init() throws {
      let loop = EmbeddedEventLoop()
      var feeds: UInt32 = 0
      source = UpstreamSource(
        UpstreamConfiguration(
          name: "pool", algorithm: .sha256d, endpoints: [.init(host: "pool.example", port: 3333)], user: "acct",
          password: "x", maximumLinks: 1),
        replyPolicy: .upstream, loop: loop, connector: try UpstreamConnector(needsTLS: false),
        makeFeedID: {
          feeds += 1
          return FeedID(feeds)
        }, clock: { .zero }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let session = UpstreamSession(
        algorithm: .sha256d, credentials: .init(user: "acct", password: "x"), resume: nil, at: .zero)
      link = UpstreamLink(number: 1, session: session, owner: source, clock: { .zero })
      channel = EmbeddedChannel(handler: link, loop: loop)
      source.links.append(link)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 3333)).wait()
      try says(#"{"id":1,"result":{},"error":null}"#)
      try says(#"{"id":2,"result":[[["mining.notify","s"]],"08000002",8],"error":null}"#)
      try says(#"{"id":3,"result":true,"error":null}"#)
      try says(#"{"id":4,"result":true,"error":null}"#)
    }

    func says(_ line: String) throws { _ = try channel.writeInbound(ByteBuffer(string: line + "\n")) }

    func notifies(_ id: Int) throws {
      let zeros = String(repeating: "0", count: 64)
      try says(
        "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"\(id)\",\"\(zeros)\",\"01\",\"02\",[],\"20000000\","
          + "\"1d00ffff\",\"5f000000\",false]}")
    }
  }

  @Test func `a pool that never sends a clean job does not fill our memory with old ones`() throws {
    let pool = try Pool()
    for id in 0..<5 * Limits.jobsPerFeed {
      try pool.notifies(id)
      #expect(pool.link.worksByJobID.count <= Limits.jobsPerFeed)
    }
    #expect(pool.link.worksByJobID["\(5 * Limits.jobsPerFeed - 1)"] != nil)
    #expect(pool.link.worksByJobID["0"] == nil)
    pool.source.stop()
  }

  @Test func `a pool that changes its extranonce again and again, without a job, keeps nobody waiting in a list`()
    throws
  {
    let pool = try Pool()
    try pool.notifies(1)
    #expect(pool.source.claim(.fresh(extranonce2ByteCount: nil)) != nil)
    for number in 0..<100 {
      let digits = String(number + 10)
      try pool.says("{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"080000\(digits)\",8]}")
    }
    // Only the one in which somebody sits.
    #expect(pool.link.replaced.count == 1 && pool.link.partitions.count == 4)
    pool.source.stop()
  }
}
