import Stratum
import TestSupport
import Testing

@testable import API

/// The messages that clients of other pools know, name by name. Sources: Miningcore's notification classes, and the
/// ZION pool's `websocket_events.py`.
@Suite struct GoldenMessageTests {
  private func text(_ format: EventFormat, _ body: EventBody) -> String? {
    format.message(Event(sequence: 9, at: 1_700_000_000_123, body: body)).map {
      String(decoding: $0.json, as: UTF8.self)
    }
  }

  static let address = EventSamples.address

  @Test func `Miningcore's clients hear what they know`() {
    let expected: [EventType: String] = [
      .blockFound: """
      {"blockHeight":12,"miner":"\(Self.address)","minerExplorerLink":null,"name":"ZION","poolId":"zion:kawpow",\
      "source":"zion","symbol":"ZION","type":"blockfound"}
      """,
      .blockProgress: """
      {"blockHeight":12,"effort":null,"name":"ZION","poolId":"zion:kawpow","progress":0,"symbol":"ZION",\
      "type":"blockunlockprogress"}
      """,
      .blockUnlocked: """
      {"blockHash":"00ff","blockHeight":12,"blockType":"block","effort":null,"explorerLink":null,\
      "miner":"\(Self.address)","minerExplorerLink":null,"name":"ZION","poolId":"zion:kawpow","reward":42.835,\
      "status":"confirmed","symbol":"ZION","type":"blockunlocked"}
      """,
      .blockOrphaned: """
      {"blockHash":"00ff","blockHeight":12,"blockType":"block","effort":null,"explorerLink":null,\
      "miner":"\(Self.address)","minerExplorerLink":null,"name":"ZION","poolId":"zion:kawpow","reward":0,\
      "status":"orphaned","symbol":"ZION","type":"blockunlocked"}
      """,
      .chainHeight: """
      {"blockHeight":12,"name":"ZION","poolId":"zion:kawpow","symbol":"ZION","type":"newchainheight"}
      """,
      .paymentBatch: """
      {"amount":1569.634703,"error":null,"poolId":"zion","recipientsCount":2,"symbol":"ZION","txExplorerLinks":[],\
      "txFee":0.001,"txIds":["aa"],"type":"payment"}
      """,
    ]
    for body in EventSamples.each { #expect(text(.miningcore, body) == expected[body.type], "\(body.type)") }
    let rate = HashrateEvent(pool: "zion", algorithm: .sha256d, hashrate: Hashrate(1500), miners: 1)
    #expect(
      text(.miningcore, .hashrate(rate))
        == #"{"hashrate":1500,"miner":null,"poolId":"zion","type":"hashrateupdated","worker":null}"#)
    var batch = EventSamples.batch
    batch.state = "final"
    #expect(text(.miningcore, .paymentBatch(batch)) == nil)
    (batch.state, batch.reason) = ("review", "nobody answered")
    #expect(text(.miningcore, .paymentBatch(batch))?.contains(#""error":"review: nobody answered""#) == true)
  }

  @Test func `ZION's clients hear what they know, and no address of a network`() {
    func envelope(_ type: String, _ data: String) -> String {
      "{\"data\":\(data),\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"type\":\"\(type)\"}"
    }
    let expected: [EventType: String] = [
      .blockFound: envelope(
        "block_found",
        """
        {"algorithm":"kawpow","difficulty":2.5,"hash":"00ff","height":12,"miner":"\(Self.address)","reward":42.835}
        """),
      .payment: envelope(
        "payment", #"{"address":"\#(Self.address)","amount":0.5,"shares":null,"tx_hash":"aa"}"#),
      .minerConnected: envelope(
        "miner_connected", #"{"address":"\#(Self.address)","algorithm":"kawpow","difficulty":0.25,"ip":null}"#),
      .minerDisconnected: envelope(
        "miner_disconnected", #"{"address":"\#(Self.address)","duration":0,"ip":null}"#),
      .hashrate: envelope(
        "hashrate_update",
        #"{"active_miners":3,"algorithms":{"kawpow":1000,"sha256d":500},"pool_hashrate":1500}"#),
      .share: envelope("share", #"{"algorithm":"sha256d","difficulty":0.5,"miner":"\#(Self.address)"}"#),
    ]
    for body in EventSamples.each { #expect(text(.zion, body) == expected[body.type], "\(body.type)") }
    #expect(text(.zion, EventSamples.share("w", isAccepted: false)) == nil)
  }

  @Test func `our own envelope has number, type, time and data`() throws {
    #expect(
      text(.own, EventSamples.share("rig\"<1>\u{202e}", isAccepted: false)) == """
        {"at":1700000000.123,"data":{"accepted":false,"address":"\(Self.address)","algorithm":"sha256d",\
        "difficulty":0.5,"omitted":0,"pool":"zion","reason":"stale","worker":"rig\\"<1>\u{202e}"},"seq":9,"type":"share"}
        """)
    for body in EventSamples.each {
      let message = try #require(text(.own, body).flatMap { JSON(Array($0.utf8)) })
      #expect(Set(message.object.keys) == ["seq", "type", "at", "data"])
    }
  }

  @Test func `Miningcore greets first and listens to nothing`() throws {
    let bus = EventBus(now: { 1_700_000_000_000 })
    let listener = try ListenerUnderTest(bus, .miningcore)
    let greeting = try listener.messages()
    #expect(greeting.count == 1 && greeting[0]["type"].string == "greeting" && greeting[0]["message"].string != nil)
    try listener.send("anything")
    bus.publish(EventSamples.share("w"))
    bus.publish(.blockFound(EventSamples.block))
    #expect(try listener.messages().map { $0["type"].string } == ["blockfound"])
  }

  @Test func `ZION's clients are greeted, answered and filtered by channel`() throws {
    let bus = EventBus(now: { 1_700_000_000_000 })
    let listener = try ListenerUnderTest(bus, .zion)
    #expect(try listener.messages().map { $0["type"].string } == ["connected"])
    try listener.send("ping")
    #expect(try listener.frames().map(\.text) == ["pong"])
    func heard() throws -> [String?] {
      bus.publish(.blockFound(EventSamples.block))
      bus.publish(.payment(EventSamples.payment))
      bus.publish(EventSamples.share("w"))
      bus.publish(EventSamples.policy("p"))
      return try listener.messages().map { $0["type"].string }
    }
    #expect(try heard() == ["block_found", "payment", "share"])
    try listener.send(#"{"type":"subscribe","channels":["blocks","ai_metrics"]}"#)
    let answer = try #require(try listener.messages().first)
    #expect(answer["type"].string == "subscribed" && answer["channels"][0].string == "blocks")
    #expect(answer["unknown"][0].string == "ai_metrics")
    #expect(try heard() == ["block_found"])
    try listener.send(#"{"type":"subscribe","channels":["payment"]}"#)
    _ = try listener.messages()
    #expect(try heard() == ["block_found", "payment"])
    try listener.send(#"{"type":"unsubscribe","channels":["block_found"]}"#)
    #expect(try listener.messages().map { $0["type"].string } == ["unsubscribed"])
    #expect(try heard() == ["payment"])
    try listener.send(#"{"type":"ping"}"#)
    try listener.send(#"{"type":"dance"}"#)
    try listener.send("{")
    #expect(try listener.messages().map { $0["type"].string } == ["pong", "error", "error"])
  }
}
