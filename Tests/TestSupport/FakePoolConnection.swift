import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Stratum

/// One connection to a `FakePool`: answers requests, unless the pool hangs.
final class FakePoolConnection: ChannelInboundHandler {
  typealias InboundIn = String

  private let state: NIOLockedValueBox<FakePoolState>

  init(_ state: NIOLockedValueBox<FakePoolState>) { self.state = state }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    state.withLockedValue { $0.connect(channel) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let id = ObjectIdentifier(context.channel)
    state.withLockedValue { $0.connections[id] = nil }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let line = unwrapInboundIn(data)
    let channel = context.channel
    let id = ObjectIdentifier(channel)
    // Handed to the loop under the lock, so that jobs leave in the order in which the state says they were sent; written
    // outside of it, because a write that fails comes back as the end of the connection.
    state.withLockedValue { state in
      guard let message = JSON(Data(line.utf8)) else { return state.record.malformed.append(line) }
      guard let method = message["method"].string else { return }
      if state.isHung {
        if method == "mining.submit" { state.record.unanswered += 1 }
        return
      }
      let reply = answer(method, message["params"], id: id, state: &state)
      let number = message["id"].int.map(String.init) ?? message["id"].string.map { "\"\($0)\"" } ?? "null"
      var text = "{\"id\":\(number),\(reply)}\n"
      if method == "mining.authorize" { text += state.linesForJob(to: id) }
      let bytes = ByteBuffer(string: text)
      guard state.answerDelay > .zero, method == "mining.submit" else {
        return channel.eventLoop.execute { channel.writeAndFlush(bytes, promise: nil) }
      }
      channel.eventLoop.scheduleTask(in: state.answerDelay) { channel.writeAndFlush(bytes, promise: nil) }
    }
  }

  private func answer(
    _ method: String, _ parameters: JSON, id: ObjectIdentifier, state: inout FakePoolState
  ) -> String {
    switch method {
    case "mining.configure":
      let asked = parameters[1]["version-rolling.mask"].string.flatMap { UInt32($0, radix: 16) } ?? 0
      let mask = asked & FakePoolState.mask
      state.connections[id]?.versionMask = mask
      return #""result":{"version-rolling":\#(mask != 0),"version-rolling.mask":"\#(Hex.encode(mask))"},"error":null"#
    case "mining.subscribe":
      let extranonce1 = Hex.encode(state.connections[id]?.extranonce1 ?? [])
      let names = #"[["mining.set_difficulty","\#(extranonce1)"],["mining.notify","\#(extranonce1)"]]"#
      return #""result":[\#(names),"\#(extranonce1)",\#(FakePoolState.extranonce2ByteCount)],"error":null"#
    case "mining.authorize" where state.refusesLogins:
      return #""result":false,"error":[24,"no such account here",null]"#
    case "mining.authorize":
      state.connections[id]?.isAuthorized = true
      state.record.users.append(parameters[0].string ?? "")
      return #""result":true,"error":null"#
    case "mining.submit":
      guard let (code, message) = state.judge(parameters, from: id) else { return #""result":true,"error":null"# }
      return #""result":null,"error":[\#(code),"\#(message)",null]"#
    case "mining.extranonce.subscribe", "mining.suggest_difficulty", "mining.ping":
      return #""result":true,"error":null"#
    default:
      return #""result":null,"error":[20,"unknown method",null]"#
    }
  }
}
