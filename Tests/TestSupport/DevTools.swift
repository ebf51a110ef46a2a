import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A connection to a browser's DevTools protocol: commands with their answers, and events as they come.
public final class DevTools: Sendable {
  /// A screenshot of a long page is the longest message.
  static let messageByteLimit = 64 << 20

  public struct Refused: Error, CustomStringConvertible {
    public let description: String
  }

  struct State {
    var nextID = 1
    var waiting: [Int: EventLoopPromise<JSON>] = [:]
    var events: [JSON] = []
    var isClosed = false
  }

  private let channel: any Channel
  private let state: NIOLockedValueBox<State>

  private init(channel: any Channel, state: NIOLockedValueBox<State>) {
    self.channel = channel
    self.state = state
  }

  /// Connects to `ws://127.0.0.1:PORT/PATH`.
  public static func connect(port: Int, path: String, on group: any EventLoopGroup) async throws -> DevTools {
    let state = NIOLockedValueBox(State())
    let upgrade = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
          maxFrameSize: messageByteLimit,
          upgradePipelineHandler: { channel, _ in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandlers([
                NIOWebSocketFrameAggregator(
                  minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 100_000,
                  maxAccumulatedFrameSize: messageByteLimit),
                DevToolsHandler(state),
              ])
              return channel
            }
          })
        let head = HTTPRequestHead(
          version: .http1_1, method: .GET, uri: path,
          headers: ["Host": "127.0.0.1:\(port)", "Content-Length": "0"])
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(
          upgradeRequestHead: head, upgraders: [upgrader],
          notUpgradingCompletionHandler: { channel in
            channel.eventLoop.makeFailedFuture(Refused(description: "the browser opens no WebSocket at \(path)"))
          })
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
          configuration: NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration))
      }
    }
    return DevTools(channel: try await upgrade.get(), state: state)
  }

  /// Sends a command and waits for its answer. `parameters` is JSON text.
  /// - Throws: `Refused`, with the browser's words.
  @discardableResult
  public func call(_ method: String, _ parameters: String = "{}", session: String? = nil) async throws -> JSON {
    let promise = channel.eventLoop.makePromise(of: JSON.self)
    let id: Int? = state.withLockedValue { state in
      guard !state.isClosed else { return nil }
      defer { state.nextID += 1 }
      state.waiting[state.nextID] = promise
      return state.nextID
    }
    guard let id else {
      promise.fail(Refused(description: "the browser is gone"))
      return try await promise.futureResult.get()
    }
    let member = session.map { ",\"sessionId\":\"\($0)\"" } ?? ""
    let text = "{\"id\":\(id),\"method\":\"\(method)\",\"params\":\(parameters)\(member)}"
    channel.writeAndFlush(
      WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text)), promise: nil)
    let answer = try await promise.futureResult.get()
    guard answer["error"].isNull else {
      throw Refused(description: "\(method): \(answer["error"]["message"].string ?? "refused")")
    }
    return answer["result"]
  }

  /// Events of a session so far, oldest first.
  public func events(_ method: String, session: String) -> [JSON] {
    state.withLockedValue { state in
      state.events.filter { $0["method"].string == method && $0["sessionId"].string == session }.map { $0["params"] }
    }
  }

  public func close() { channel.close(promise: nil) }
}

/// Text frames to answers and events.
private final class DevToolsHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let state: NIOLockedValueBox<DevTools.State>

  init(_ state: NIOLockedValueBox<DevTools.State>) { self.state = state }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text:
      guard let message = JSON(Array(frame.unmaskedData.readableBytesView)) else { return }
      let waiting = state.withLockedValue { state -> EventLoopPromise<JSON>? in
        if let id = message["id"].int { return state.waiting.removeValue(forKey: id) }
        state.events.append(message)
        return nil
      }
      waiting?.succeed(message)
    case .ping:
      let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    case .connectionClose: context.close(promise: nil)
    default: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let left = state.withLockedValue { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for promise in left { promise.fail(DevTools.Refused(description: "the browser closed the connection")) }
    context.fireChannelInactive()
  }
}
