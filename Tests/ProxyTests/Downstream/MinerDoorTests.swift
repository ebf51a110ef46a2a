import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Orchestrator
import Stratum
import Testing

@testable import Proxy

/// The door before a shard's connections: who is let in with which address, and who is not.
@Suite struct MinerDoorTests {
  private static let subscribe = #"{"id":1,"method":"mining.subscribe","params":["m"]}"# + "\n"
  private static let login = subscribe + #"{"id":3,"method":"mining.authorize","params":["acct.rig","x"]}"# + "\n"
  private static let header = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 3333\r\n"

  /// A farm behind a door, the log that it writes, and connections to it.
  private final class House {
    let log = Lines()
    let farm: ModelFarm
    let settings: DoorSettings

    init(_ settings: DoorSettings = DoorSettings(proxies: [NetworkRange("10.0.0.0/8")].compactMap(\.self))) {
      let log = log
      farm = ModelFarm([ModelSource.Kind(name: "local", adopts: true)], logger: Logger(label: "t") { _ in log })
      farm.connectSources()
      self.settings = settings
    }

    func come(from address: String) throws -> (channel: EmbeddedChannel, connection: MinerConnection) {
      let connection = farm.shard.makeConnection()
      let channel = EmbeddedChannel(handlers: [MinerDoor(connection, settings), connection], loop: farm.loop)
      let remote = try SocketAddress(ipAddress: address, port: 1)
      channel.remoteAddress = remote
      channel.connect(to: remote, promise: nil)
      return (channel, connection)
    }

    func said(to channel: EmbeddedChannel) throws -> String {
      farm.loop.run()
      var text = ""
      while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
      return text
    }
  }

  /// Warnings, with their metadata.
  private struct Lines: LogHandler {
    let texts = NIOLockedValueBox<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let words = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
      texts.withLockedValue { $0.append("\(event.message) \(words)") }
    }

    var all: [String] { texts.withLockedValue { $0 } }
  }

  @Test func `a miner from elsewhere begins at once, with its own address`() throws {
    let house = House()
    let (channel, connection) = try house.come(from: "192.168.1.5")
    #expect(house.farm.shard.connections.count == 1)
    try channel.writeInbound(ByteBuffer(string: Self.subscribe))
    #expect(try house.said(to: channel).contains(#""id":1"#))
    #expect(connection.remoteAddress == "192.168.1.5" && connection.isEncrypted == false)
    house.farm.stop()
  }

  @Test func `behind a proxy a miner begins with the header's end, and has the header's address`() throws {
    let house = House()
    let (channel, connection) = try house.come(from: "10.0.0.5")
    for byte in Self.header.utf8 {
      #expect(house.farm.shard.connections.isEmpty && house.farm.shard.headersAwaited == 1)
      try channel.writeInbound(ByteBuffer(bytes: [byte]))
    }
    #expect(house.farm.shard.connections.count == 1 && house.farm.shard.headersAwaited == 0)
    #expect(connection.remoteAddress == "192.0.2.7" && connection.isEncrypted == nil)
    try channel.writeInbound(ByteBuffer(string: Self.subscribe))
    #expect(try house.said(to: channel).contains(#""id":1"#))
    house.farm.stop()
  }

  @Test func `a proxy that checks our health has its own address`() throws {
    let house = House()
    let (channel, connection) = try house.come(from: "10.0.0.5")
    try channel.writeInbound(ByteBuffer(string: "PROXY UNKNOWN\r\n" + Self.subscribe))
    #expect(try house.said(to: channel).contains(#""id":1"#))
    #expect(connection.remoteAddress == "10.0.0.5")
    house.farm.stop()
  }

  @Test func `a header that does not come in five seconds closes, and nobody heard of the connection`() throws {
    let house = House()
    let (channel, _) = try house.come(from: "10.0.0.5")
    try channel.writeInbound(ByteBuffer(string: "PROXY TCP4 192.0.2.7"))
    house.farm.loop.advanceTime(by: .seconds(4))
    #expect(channel.isActive)
    house.farm.loop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive && house.farm.shard.headersAwaited == 0)
    #expect(house.farm.shard.connections.isEmpty)
    #expect(house.farm.shard.connectionCounts.opened == 1 && house.farm.shard.connectionCounts.refused == 1)
    #expect(house.log.all.count == 1 && house.log.all[0].contains("it sends none within 5 s"))
    house.farm.stop()
  }

  @Test func `a wrong header closes without a word, and is told once an hour for each network`() throws {
    let house = House()
    for address in ["10.0.0.5", "10.0.0.6", "10.0.1.5"] {
      let (channel, _) = try house.come(from: address)
      try channel.writeInbound(ByteBuffer(string: "PROXY TCP4 nonsense\r\n" + Self.subscribe))
      #expect(try house.said(to: channel) == "" && !channel.isActive)
    }
    #expect(house.log.all.count == 2 && house.farm.shard.headersAwaited == 0)
    #expect(house.farm.shard.connectionCounts.refused == 3)
    house.farm.stop()
  }

  @Test func `a header from elsewhere is told why, and closed`() throws {
    let house = House()
    let (channel, _) = try house.come(from: "192.168.1.5")
    try channel.writeInbound(ByteBuffer(string: Self.header + Self.subscribe))
    #expect(try house.said(to: channel).contains("listen.proxy_protocol.from"))
    #expect(!channel.isActive && house.farm.shard.connections.isEmpty)
    house.farm.stop()
  }

  @Test func `only so many headers are waited for at once`() throws {
    let house = House()
    let waiting = try (0..<Limits.proxyHeadersAwaited).map { _ in try house.come(from: "10.0.0.5").channel }
    let (late, _) = try house.come(from: "10.0.0.5")
    #expect(!late.isActive && waiting.allSatisfy(\.isActive))
    #expect(house.farm.shard.connectionCounts.refused == 1)
    waiting[0].close(promise: nil)
    let (next, _) = try house.come(from: "10.0.0.5")
    #expect(next.isActive)
    house.farm.loop.advanceTime(by: .seconds(5))
    #expect(house.farm.shard.headersAwaited == 0 && !waiting.contains(where: \.isActive))
    house.farm.stop()
  }

  @Test func `the time to log in counts from the connection on, header and all`() throws {
    let house = House()
    let (channel, _) = try house.come(from: "10.0.0.5")
    house.farm.loop.advanceTime(by: .seconds(4))
    try channel.writeInbound(ByteBuffer(string: Self.header))
    house.farm.loop.advanceTime(by: .seconds(11))
    #expect(channel.isActive)
    house.farm.loop.advanceTime(by: .seconds(2))
    #expect(try house.said(to: channel).contains("not authorized within 15 s"))
    #expect(!channel.isActive)
    house.farm.stop()
  }

  @Test func `a miner in the clear is told of where its way is public, once for its network`() throws {
    let house = House(DoorSettings())
    for address in ["192.168.1.5", "127.0.0.1", "8.8.8.8", "8.8.8.9", "8.8.4.4"] {
      let (channel, _) = try house.come(from: address)
      try channel.writeInbound(ByteBuffer(string: Self.login))
      #expect(try house.said(to: channel).contains(#""id":3"#))
    }
    #expect(house.log.all.count == 2, "\(house.log.all)")
    #expect(house.log.all.allSatisfy { $0.hasPrefix("a miner is connected in the clear over a public network") })
    #expect(house.log.all[0].contains("address=8.8.8.8") && house.log.all[0].contains("set listen.tls"))
    house.farm.stop()
  }
}
