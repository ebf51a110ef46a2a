import Foundation
import Hashing
import Stratum
import TestSupport

/// What the chain has, as its own programs and files say it.
public struct ChainReading: Sendable {
  /// Every block that the chain knows, with its confirmations: below one where another branch is longer.
  public var confirmations: [String: Int] = [:]
  /// Transactions by which the pool's wallet sent anything; `nil` where there is no wallet.
  public var sends: [String]?
  /// What addresses received by transactions that are in the chain.
  public var received: [String: Int64] = [:]

  /// Nobody else mines on it.
  public var isOurs = false

  public init() {}

  /// - Parameters:
  ///   - hashes: of blocks to be asked for besides those of the best chain.
  ///   - wallet: the node that has the pool's; the other one has the miners'.
  init(_ nodes: BitcoindPair, hashes: Set<String>, addresses: [String], wallet: Int = 0) async throws {
    let tip = try await nodes.call("getblockcount", node: 1).int ?? 0
    for height in 1...max(1, tip) {
      if let hash = try await nodes.call("getblockhash", "\(height)", node: 1).string {
        confirmations[hash] = tip - height + 1
      }
    }
    for hash in hashes where confirmations[hash] == nil {
      for node in 0...1 where confirmations[hash] == nil {
        if let header = try? await nodes.call("getblockheader", "\"\(hash)\"", node: node) {
          confirmations[hash] = header["confirmations"].int ?? -1
        }
      }
    }
    let list = try await nodes.call("listtransactions", "\"*\",100000,0", node: wallet).array
    sends = Array(Set(list.filter { $0["category"].string == "send" }.compactMap { $0["txid"].string }))
    for address in addresses {
      let coins = try await nodes.call("getreceivedbyaddress", "\"\(address)\",1", node: 1).double ?? 0
      received[address] = Int64((coins * 1e8).rounded())
    }
  }

  /// The embedded chain's `blocks.dat`: records of `ZBLK` ‖ length 32 ‖ CRC-32 32 ‖ block. The longest branch holds, and
  /// of equals the one that was there first.
  init(embedded file: URL) throws {
    isOurs = true
    let bytes = Array(try Data(contentsOf: file))
    var heights: [String: Int] = [:]
    var parents: [String: String] = [:]
    var tip: (name: String, height: Int)?
    var offset = 0
    while offset + 12 <= bytes.count, bytes[offset..<offset + 4].elementsEqual("ZBLK".utf8) {
      let length = bytes[offset + 4..<offset + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let start = offset + 12
      guard length >= 80, start + length <= bytes.count else { break }
      let name = bytes[start..<start + 80].withUnsafeBytes { Kernels().sha256d($0) }.displayHex
      let parent = Hex.encode(bytes[start + 4..<start + 36].reversed())
      let height = (heights[parent] ?? 0) + 1
      (heights[name], parents[name]) = (height, parent)
      if height > tip?.height ?? 0 { tip = (name, height) }
      offset = start + length
    }
    for name in heights.keys { confirmations[name] = -1 }
    var next = tip?.name
    while let name = next, let height = heights[name] {
      confirmations[name] = (tip?.height ?? 0) - height + 1
      next = parents[name]
    }
  }
}

// Of the embedded chain, whose blocks all are the pool's.
extension ChainReading {
  /// Blocks that lost a race which more blocks may yet turn: only those decide it. One that never was in the chain is
  /// “submitted” meanwhile.
  public func races(_ blocks: [DatabaseReading.Block]) -> [String] {
    let tip = confirmations.values.max() ?? 0
    return blocks.filter(isRacing)
      .map { "block \($0.hash) of height \($0.height) lost a race, and the chain has \(tip) blocks" }
  }

  /// Blocks of which the database has not yet heard what the chain says.
  public func unheard(_ blocks: [DatabaseReading.Block]) -> [String] {
    let late = blocks.filter { block in
      switch block.status {
      case "immature": !isInChain(block.hash) && !isRacing(block)
      case "submitted": !isRacing(block)
      case "mature": !block.isDecided || !isInChain(block.hash)
      case "orphaned": !block.isDecided || isInChain(block.hash)
      default: !block.isDecided
      }
    }
    let stored = Set(blocks.map(\.hash))
    return late.map(\.standing)
      + confirmations.keys.filter { isInChain($0) && !stored.contains($0) }.map { "block \($0) is not stored" }
  }

  private func isRacing(_ block: DatabaseReading.Block) -> Bool {
    ["immature", "submitted"].contains(block.status) && confirmations[block.hash] ?? 0 < 0
  }

  private func isInChain(_ hash: String) -> Bool { confirmations[hash] ?? 0 > 0 }
}
