import NIOCore
import NIOEmbedded
import Stratum
import TestSupport
import Testing

@testable import API

@Suite struct ListenerTests {
  private let bus = EventBus(
    frequent: EventRing.Bounds(count: 300, bytes: 1 << 20), rare: EventRing.Bounds(count: 300, bytes: 1 << 20),
    now: { 1_700_000_000_123 })
  private let first = 1_700_000_000_123_000

  private func sequences(_ messages: [JSON]) -> [Int] {
    messages.filter { $0["data"] != .null }.compactMap { $0["seq"].int }
  }

  @Test func `a listener hears where the stream is, and then every event once`() throws {
    bus.publish(EventSamples.policy("before"))
    let listener = try ListenerUnderTest(bus)
    let hello = try listener.messages()
    #expect(hello.count == 1 && hello[0]["type"].string == "hello" && hello[0]["seq"].int == first)
    for body in EventSamples.each { bus.publish(body) }
    let heard = try listener.messages()
    #expect(heard.map { $0["type"].string } == EventType.allCases.map(\.rawValue))
    #expect(sequences(heard) == Array(first + 1...first + EventType.allCases.count))
    #expect(heard.allSatisfy { $0["at"].double == 1_700_000_000.123 && !$0["data"].object.isEmpty })
  }

  @Test func `who comes back gets what it missed, without gap or double, while events go on`() throws {
    for index in 0..<250 { bus.publish(EventSamples.share("w\(index)")) }
    var back = EventSubscription()
    back.since = UInt64(first + 9)
    let listener = try ListenerUnderTest(bus, .own, back)
    for index in 0..<50 {
      bus.publish(EventSamples.share("x\(index)"))
      if index % 7 == 0 { listener.run() }
    }
    let heard = try listener.messages()
    #expect(heard.first?["type"].string == "hello" && heard.first?["seq"].int == first + 249)
    #expect(sequences(heard) == Array(first + 10...first + 299))
    #expect(!heard.contains { $0["type"].string == "gap" })
  }

  @Test func `what is not remembered any more is one gap that says from where`() throws {
    bus.publish(EventSamples.policy("kept"))
    for index in 0..<400 { bus.publish(EventSamples.share("w\(index)")) }
    var back = EventSubscription()
    back.since = UInt64(first - 1)
    let heard = try ListenerUnderTest(bus, .own, back).messages()
    let gaps = heard.filter { $0["type"].string == "gap" }
    #expect(gaps.count == 1 && gaps[0]["from"].int == first && gaps[0]["to"].int == first + 100)
    #expect(sequences(heard) == [first] + Array(first + 101...first + 400))
    // A client of payments and blocks has lost nothing.
    back.filter = EventFilter(types: [.policyReloaded])
    let quiet = try ListenerUnderTest(bus, .own, back).messages()
    #expect(quiet.map { $0["type"].string } == ["hello", "policy_reloaded"])
  }

  @Test func `a number of the process before is a gap, and everything follows`() throws {
    bus.publish(EventSamples.policy("p"))
    var back = EventSubscription()
    back.since = 17
    let heard = try ListenerUnderTest(bus, .own, back).messages()
    #expect(heard.map { $0["type"].string } == ["hello", "gap", "policy_reloaded"])
    #expect(heard[1]["from"].int == 18 && heard[1]["to"].int == first - 1)
  }

  @Test func `a subscription by message replaces the one before, from now or from a number`() throws {
    let listener = try ListenerUnderTest(bus)
    bus.publish(EventSamples.share("a"))
    bus.publish(EventSamples.policy("p"))
    #expect(sequences(try listener.messages()) == [first, first + 1])
    try listener.send(#"{"subscribe": {"types": ["policy_reloaded"]}}"#)
    bus.publish(EventSamples.share("b"))
    bus.publish(EventSamples.policy("q"))
    let later = try listener.messages()
    #expect(later.first?["type"].string == "subscribed" && later.first?["seq"].int == first + 1)
    #expect(later.first?["types"][0].string == "policy_reloaded" && sequences(later) == [first + 3])
    try listener.send(#"{"subscribe": {"pools": ["zion"], "since": \#(first - 1)}}"#)
    #expect(sequences(try listener.messages()) == [first, first + 2])
    for (wrong, why) in [
      ("nonsense", "this is no request; write"), ("{}", #"write {"subscribe":"#),
      (#"{"subscribe": {"types": ["x"]}}"#, "there is no type “x”"),
    ] {
      try listener.send(wrong)
      let answer = try listener.messages()
      #expect(answer.count == 1 && answer[0]["type"].string == "error", "\(answer)")
      #expect(answer.first?["message"].string?.hasPrefix(why) == true, "\(answer)")
    }
    bus.publish(EventSamples.share("c"))
    #expect(sequences(try listener.messages()) == [first + 4])
  }

  @Test func `one that does not read is dropped with a reason, the others on its loop go on`() throws {
    let loop = EmbeddedEventLoop()
    let slow = try ListenerUnderTest(bus, on: loop)
    let others = [try ListenerUnderTest(bus, on: loop), try ListenerUnderTest(bus, on: loop)]
    for listener in [slow] + others { _ = try listener.frames() }
    slow.channel.isWritable = false
    bus.publish(EventSamples.policy("p"))
    let last = try #require(try slow.frames().last)
    #expect(last.code == 1013 && last.reason == "what was sent was not read; come back with since=SEQ")
    bus.publish(EventSamples.policy("q"))
    #expect(try slow.frames() == [])
    for listener in others { #expect(sequences(try listener.messages()) == [first, first + 1]) }
    slow.wait(11)
    #expect(slow.isClosed && !others[0].isClosed)
  }

  @Test func `one that catches up waits for its reader, and loses nothing that is remembered`() throws {
    for index in 0..<200 { bus.publish(EventSamples.share("w\(index)")) }
    let listener = try ListenerUnderTest(bus)
    _ = try listener.frames()
    listener.channel.isWritable = false
    try listener.send(#"{"ping": true}"#)
    // Asking and not reading the answers is slow reading, too.
    #expect(try listener.frames().last?.code == 1013)

    var back = EventSubscription()
    back.since = UInt64(first - 1)
    let loop = EmbeddedEventLoop()
    let patient = try ListenerUnderTest(bus, .own, back, on: loop)
    patient.channel.isWritable = false
    #expect(try patient.frames().allSatisfy { $0.opcode == 1 })
    bus.publish(EventSamples.policy("meanwhile"))
    _ = try patient.frames()
    #expect(!patient.isClosed)
    patient.channel.isWritable = true
    patient.channel.pipeline.fireChannelWritabilityChanged()
    bus.publish(EventSamples.policy("after"))
    _ = try patient.frames()
    var again = EventSubscription()
    again.since = UInt64(first + 199)
    let heard = try ListenerUnderTest(bus, .own, again).messages()
    #expect(sequences(heard) == [first + 200, first + 201])
  }

  @Test func `all listeners of a format get the same bytes`() throws {
    let event = Event(sequence: 5, at: 0, body: EventSamples.share("w"))
    let one = try #require(bus.frame(of: event, in: .own))
    let other = try #require(bus.frame(of: event, in: .own))
    let addresses = [one, other].map { buffer in
      buffer.withUnsafeReadableBytes { $0.baseAddress.map { UInt(bitPattern: $0) } }
    }
    #expect(addresses[0] != nil && addresses[0] == addresses[1])
  }

  @Test func `frames of every length are as long as they say`() {
    for count in [0, 125, 126, 0xffff, 0x10000] {
      var frame = TextFrame.make(Array(repeating: UInt8(65), count: count))
      #expect(frame.readInteger(as: UInt8.self) == 0x81)
      let short: UInt8? = frame.readInteger()
      let length: Int? =
        switch short {
        case 126: frame.readInteger(as: UInt16.self).map(Int.init)
        case 127: frame.readInteger(as: UInt64.self).map { Int($0) }
        default: short.map(Int.init)
        }
      #expect(length == count && frame.readableBytes == count)
    }
  }
}
