import Foundation
import GRDB
import NIOConcurrencyHelpers
import TestSupport

extension ChaosSystem {
  /// Does it, and undoes it when its time is over.
  func strike(_ strike: ChaosPlan.Strike) async throws {
    let undo = try await begin(strike)
    try await Task.sleep(for: .seconds(strike.seconds))
    try await undo()
  }

  private typealias Undo = @Sendable () async throws -> Void

  /// - Returns: what ends it.
  private func begin(_ strike: ChaosPlan.Strike) async throws -> Undo {
    let (server, minersWay) = (server, minersWay)
    switch strike.fault {
    case .killed:
      try await server.end(SIGKILL)
      return { try server.start() }
    case .terminated:
      try await server.end(SIGTERM)
      return { try server.start() }
    case .frozen:
      server.process.kill(SIGSTOP)
      return { server.process.kill(SIGCONT) }
    case .syncFails, .writeCut, .diskFull:
      try server.setDisk(strike.fault.rawValue)
      return { try server.setDisk("") }
    case .diskSlow:
      try server.setDisk("slow 700")
      return { try server.setDisk("") }
    case .clockForward:
      try server.setClock(3600)
      return { try server.setClock(0) }
    case .clockBack:
      try server.setClock(-900)
      return { try server.setClock(0) }
    case .minersCut: return turn(minersWay, .cut)
    case .minersStalled: return turn(minersWay, .stalled)
    case .minersDeaf: return turn(minersWay, .deaf)
    case .minersLossy: return turn(minersWay, .lossy)
    case .minersSlow: return turn(minersWay, .slow(milliseconds: 400))
    case .databaseGone, .databaseHung, .databaseCut: return try await beginDatabase(strike.fault)
    case .nodeGone, .nodeHung, .nodeGarbage, .nodeOldTemplate, .nodeWrongNetwork, .nodeReorganises:
      return try await beginNode(strike.fault)
    case .upstreamGone, .upstreamHung, .upstreamGarbage, .upstreamSkims, .upstreamCut, .upstreamLossy:
      return try await beginUpstream(strike.fault, upstreams[strike.pool], upstreamWays[strike.pool])
    }
  }

  private func turn(_ way: Relay, _ weather: Relay.Weather) -> Undo {
    way.turn(weather)
    return { way.turn(.clear) }
  }

  private func beginDatabase(_ fault: Fault) async throws -> Undo {
    guard let postgres, let postgresWay else { return try lockSQLite() }
    switch fault {
    case .databaseCut: return turn(postgresWay, .cut)
    case .databaseHung:
      postgres.freeze()
      return { postgres.thaw() }
    default:
      try await postgres.kill()
      return { try await postgres.start() }
    }
  }

  /// Another writer holds the file, as a backup or a shell that somebody left open does.
  private func lockSQLite() throws -> Undo {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    configuration.busyMode = .timeout(5)
    let queue = try DatabaseQueue(path: String(databaseURL.dropFirst(7)), configuration: configuration)
    try queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    return { try queue.inDatabase { try $0.execute(sql: "ROLLBACK") } }
  }

  private func beginUpstream(_ fault: Fault, _ pool: FakePool, _ way: Relay) async throws -> Undo {
    switch fault {
    case .upstreamCut: return turn(way, .cut)
    case .upstreamLossy: return turn(way, .lossy)
    case .upstreamHung:
      pool.hang()
      return { pool.recover() }
    case .upstreamGone:
      try await pool.stop()
      return { try await pool.listen() }
    case .upstreamSkims:
      pool.refuseOne(of: 2)
      return { pool.refuseOne(of: 0) }
    default:
      for text in Self.garbage { pool.sendRaw(text + "\n") }
      return { pool.newBlock() }
    }
  }

  private static let garbage = [
    "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"x\",\"00\",\"00\"]}", "not JSON at all",
    "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[-1e308]}", "[]", "\u{0}\u{1}\u{2}",
    "{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"zz\",99]}",
    "{\"id\":4294967296,\"result\":true,\"error\":null}", "{\"id\":1,\"result\":" + String(repeating: "[", count: 200),
  ]

  private func beginNode(_ fault: Fault) async throws -> Undo {
    guard let nodes, let nodeWay else { throw ChaosError("\(fault.rawValue) needs a node") }
    switch fault {
    case .nodeHung:
      nodes.freeze(0)
      return { nodes.thaw(0) }
    case .nodeReorganises:
      try await reorganise(nodes)
      return {}
    case .nodeGone:
      nodeWay.treat { _ in
        var treatment = NodeProxy.Treatment()
        treatment.dropsRequest = true
        return treatment
      }
    case .nodeGarbage: rewrite(nodeWay) { _, body in String(body.prefix(body.utf8.count / 2)) + "<html>" }
    case .nodeOldTemplate:
      let first = NIOLockedValueBox<String?>(nil)
      rewrite(nodeWay) { method, body in
        guard method == "getblocktemplate" else { return body }
        return first.withLockedValue { first in
          first = first ?? body
          return first ?? body
        }
      }
    default:
      // A mainnet that has one block.
      let genesis = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
      rewrite(nodeWay) { method, body in
        var body = body.replacingOccurrences(of: "\"regtest\"", with: "\"main\"")
        if method == "getblocktemplate" {
          body.replace(#/"previousblockhash":\s*"[0-9a-f]{64}"/#, with: "\"previousblockhash\":\"\(genesis)\"")
        }
        if method == "getbestblockhash" { body.replace(#/"[0-9a-f]{64}"/#, with: "\"\(genesis)\"") }
        return body
      }
    }
    return { nodeWay.treat { _ in NodeProxy.Treatment() } }
  }

  private func rewrite(_ way: NodeProxy, _ body: @escaping @Sendable (_ method: String, _ body: String) -> String) {
    way.treat { method in
      var treatment = NodeProxy.Treatment()
      treatment.rewrite = { body(method, $0) }
      return treatment
    }
  }

  /// The last blocks are taken back by both nodes, and a longer branch is there at once.
  private func reorganise(_ nodes: BitcoindPair) async throws {
    let height = try await nodes.call("getblockcount", node: 1).int ?? 0
    let depth = 1 + height % 3
    guard height > depth + 2, let hash = try await nodes.call("getblockhash", "\(height - depth + 1)", node: 1).string
    else { return }
    for node in 0...1 { _ = try? await nodes.call("invalidateblock", "\"\(hash)\"", node: node) }
    try await nodes.call("generate", "\(depth + 1)", node: 1)
  }
}
