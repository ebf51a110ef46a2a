import NIOCore
import Stratum
import TestSupport
import Testing

@testable import API

@Suite struct WebSocketTests {
  private let bus = EventBus(now: { 1_700_000_000_000 })

  @Test func `a ping is answered with its payload, a pong with nothing`() throws {
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    try listener.send(opcode: 9, [1, 2, 3])
    try listener.send(opcode: 10, [4])
    #expect(try listener.frames() == [.init(opcode: 10, payload: [1, 2, 3])])
    #expect(!listener.isClosed)
  }

  @Test func `a close is sent back with its code, and the connection ends`() throws {
    for (payload, echo) in [([], []), ([0x03, 0xe8], [0x03, 0xe8]), ([0x03, 0xe9, 0x62], [0x03, 0xe9])] {
      let listener = try ListenerUnderTest(bus)
      _ = try listener.frames()
      try listener.send(opcode: 8, payload.map(UInt8.init))
      #expect(try listener.frames() == [.init(opcode: 8, payload: echo.map(UInt8.init))])
      #expect(listener.isClosed)
    }
  }

  @Test(arguments: [[0x03], [0x03, 0xed], [0x00, 0x01], [0x03, 0xe8, 0xff]] as [[UInt8]])
  func `a close that says nothing is a protocol error`(payload: [UInt8]) throws {
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    try listener.send(opcode: 8, payload)
    #expect(try listener.frames().first?.code == 1002)
  }

  @Test func `binary, reserved, unmasked and mixed frames end it with the code of the mistake`() throws {
    func code(_ body: (ListenerUnderTest) throws -> Void) throws -> Int? {
      let listener = try ListenerUnderTest(bus)
      _ = try listener.frames()
      try body(listener)
      let frames = try listener.frames()
      #expect(frames.count == 1 && frames.first?.opcode == 8 && !listener.isClosed)
      // Nothing more is answered; whoever does not close either is cut off.
      try? listener.send(opcode: 9, [1])
      #expect(try listener.frames() == [])
      listener.wait(3)
      #expect(listener.isClosed)
      return frames.first?.code
    }
    #expect(try code { try $0.send(opcode: 2, [1]) } == 1003)
    #expect(try code { try $0.send(opcode: 3, [1]) } == 1002)
    #expect(try code { try $0.send(opcode: 1, [65], isMasked: false) } == 1002)
    #expect(try code { try $0.send(opcode: 1, [65], reserved: 0x40) } == 1002)
    #expect(try code { try $0.send(opcode: 0, [65]) } == 1002)
    #expect(try code { try $0.send(opcode: 9, [65], isFinal: false) } == 1002)
    #expect(try code { try $0.send(opcode: 1, [0xff, 0xfe]) } == 1007)
    #expect(
      try code {
        try $0.send(opcode: 1, [65], isFinal: false)
        try $0.send(opcode: 1, [65])
      } == 1002)
  }

  @Test func `a message in pieces is one message, also with a ping between them`() throws {
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    try listener.send(opcode: 1, Array(#"{"pin"#.utf8), isFinal: false)
    try listener.send(opcode: 0, Array(#"g": "#.utf8), isFinal: false)
    try listener.send(opcode: 9, [7])
    try listener.send(opcode: 0, Array("true}".utf8))
    let frames = try listener.frames()
    #expect(frames.map(\.opcode) == [10, 1] && frames.last?.text == #"{"type":"pong"}"#)
  }

  @Test func `what is too long is refused by its header, whole or in pieces`() throws {
    var options = WebSocketOptions()
    options.messageBytes = 1000
    let whole = try ListenerUnderTest(bus, options: options)
    _ = try whole.frames()
    // A terabyte is announced, and not one byte of it sent.
    try whole.send([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4])
    #expect(try whole.frames().first?.code == 1009)
    let pieces = try ListenerUnderTest(bus, options: options)
    _ = try pieces.frames()
    try pieces.send(opcode: 1, Array(repeating: 65, count: 900), isFinal: false)
    try pieces.send(opcode: 0, Array(repeating: 65, count: 900))
    #expect(try pieces.frames().first?.code == 1009)
    let crumbs = try ListenerUnderTest(bus, options: options)
    _ = try crumbs.frames()
    try crumbs.send(opcode: 1, [65], isFinal: false)
    for _ in 0..<64 { try? crumbs.send(opcode: 0, [65], isFinal: false) }
    #expect(try crumbs.frames().first?.code == 1009)
  }

  @Test func `too many frames end it, their mean rate does not`() throws {
    var options = WebSocketOptions()
    (options.messageBurst, options.messagesPerSecond) = (5, 2)
    let patient = try ListenerUnderTest(bus, options: options)
    _ = try patient.frames()
    for _ in 0..<30 {
      try patient.send(opcode: 9, [])
      patient.wait(1)
    }
    #expect(try patient.frames().allSatisfy { $0.opcode != 8 } && !patient.isClosed)
    let flood = try ListenerUnderTest(bus, options: options)
    _ = try flood.frames()
    for _ in 0..<6 { try flood.send(opcode: 9, []) }
    let last = try #require(try flood.frames().last)
    #expect(last.code == 1008 && last.reason == "more than 2 frames a second")
  }

  @Test func `who is silent is asked, and cut off when it does not answer`() throws {
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    listener.wait(20)
    #expect(try listener.frames().map(\.opcode) == [9])
    try listener.send(opcode: 10, [])
    listener.wait(20)
    #expect(try listener.frames().map(\.opcode) == [9] && !listener.isClosed)
    listener.wait(20)
    #expect(listener.isClosed)
  }

  @Test func `a shutdown says 1001, and an end of input ends it`() throws {
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    listener.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    #expect(try listener.frames().first?.code == 1001)
    try listener.send(opcode: 8, [0x03, 0xe9])
    #expect(listener.isClosed)
    let gone = try ListenerUnderTest(bus)
    gone.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    #expect(gone.isClosed)
  }
}
