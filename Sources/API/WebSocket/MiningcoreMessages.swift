import Stratum

/// Events as Miningcore's WebSocket has them: camelCase, `type` in lower case, and nothing that it has no name for.
enum MiningcoreMessages {
  static let greeting: [String: MessageValue] = [
    "type": .string("greeting"), "message": .string("Connected to ZION proxy notification relay"),
  ]

  static func message(_ event: Event) -> [String: MessageValue]? {
    switch event.body {
    case .blockFound(let block):
      named("blockfound", block).adding([
        "miner": .string(block.address), "minerExplorerLink": .null, "source": .string(block.pool),
      ])
    case .blockProgress(let block):
      named("blockunlockprogress", block).adding(["progress": .number(block.progress), "effort": .null])
    case .blockUnlocked(let block): unlocked(block, status: "confirmed")
    case .blockOrphaned(let block): unlocked(block, status: "orphaned")
    case .chainHeight(let chain):
      // Miningcore tells the height of the chain, we that of the block on top of it.
      [
        "type": .string("newchainheight"), "poolId": .string(chain.source),
        "blockHeight": .integer(max(0, Int64(chain.height) - 1)), "symbol": .string(chain.coin),
        "name": .string(chain.coin),
      ]
    case .paymentBatch(let batch): payment(batch)
    case .hashrate(let rate):
      rate.pool.map { pool in
        [
          "type": .string("hashrateupdated"), "poolId": .string(pool), "hashrate": .number(rate.hashrate),
          "miner": .null, "worker": .null,
        ]
      }
    case .payment, .minerConnected, .minerDisconnected, .share, .moved, .decision, .ban, .policyReloaded,
      .policyBroken, .health:
      nil
    }
  }

  private static func named(_ type: String, _ block: BlockEvent) -> [String: MessageValue] {
    [
      "type": .string(type), "poolId": .string(block.source), "blockHeight": .integer(Int64(block.height)),
      "symbol": .string(block.coin), "name": .string(block.coin),
    ]
  }

  private static func unlocked(_ block: BlockEvent, status: String) -> [String: MessageValue] {
    named("blockunlocked", block).adding([
      "status": .string(status), "blockType": .string("block"), "blockHash": .string(block.hash),
      "reward": .coins(status == "orphaned" ? "0" : block.rewardText), "effort": .null,
      "miner": .string(block.address), "explorerLink": .null, "minerExplorerLink": .null,
    ])
  }

  private static func payment(_ batch: PaymentBatchEvent) -> [String: MessageValue]? {
    // It is told once, when it was sent; and when it turns out that it was not.
    guard batch.state != "final" else { return nil }
    let error: MessageValue =
      batch.state == "sent" ? .null : .string([batch.state, batch.reason].compactMap(\.self).joined(separator: ": "))
    return [
      "type": .string("payment"), "poolId": .string(batch.pool), "symbol": .string(batch.coin),
      "amount": .coins(batch.totalText), "recipientsCount": .integer(Int64(batch.recipients)),
      "txIds": .array([batch.txid].compactMap { $0.map(MessageValue.string) }), "txExplorerLinks": .array([]),
      "txFee": .coins(batch.feeText), "error": error,
    ]
  }
}

extension [String: MessageValue] {
  func adding(_ more: [String: MessageValue]) -> Self { merging(more) { _, new in new } }
}
