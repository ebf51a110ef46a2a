import FoundationEssentials
import Stratum

/// Events as the ZION pool's WebSocket has them: `{type, timestamp, data}`. What it said of network addresses is null.
enum ZionMessages {
  /// Channels that can be subscribed: the types, and words for several of them.
  static let channels: [String: Set<EventType>] = [
    "all": Set(types), "blocks": [.blockFound], "payments": [.payment], "shares": [.share],
    "miners": [.minerConnected, .minerDisconnected], "block_found": [.blockFound], "payment": [.payment],
    "miner_connected": [.minerConnected], "miner_disconnected": [.minerDisconnected],
    "hashrate": [.hashrate], "hashrate_update": [.hashrate], "share": [.share],
  ]

  static let types: [EventType] = [
    .blockFound, .payment, .minerConnected, .minerDisconnected, .hashrate, .share,
  ]

  static func message(_ event: Event) -> [String: MessageValue]? {
    guard let (type, data) = content(event.body) else { return nil }
    return ["type": .string(type), "timestamp": timestamp(event.at), "data": .object(data)]
  }

  /// To the millisecond, in UTC.
  static func timestamp(_ milliseconds: UInt64) -> MessageValue {
    // The style cuts off what is below a millisecond, where a Double may have a little less than it was given.
    let date = Date(timeIntervalSince1970: (Double(milliseconds) + 0.5) / 1000)
    return .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
  }

  private static func content(_ body: EventBody) -> (String, [String: MessageValue])? {
    switch body {
    case .blockFound(let block):
      (
        "block_found",
        [
          "height": .integer(Int64(block.height)), "hash": .string(block.hash), "reward": .coins(block.rewardText),
          "difficulty": .number(block.difficulty), "miner": .string(block.address),
          "algorithm": .string(block.algorithm.rawValue),
        ]
      )
    case .payment(let payment):
      (
        "payment",
        [
          "address": .string(payment.address), "amount": .coins(payment.amountText), "tx_hash": .string(payment.txid),
          "shares": .null,
        ]
      )
    case .minerConnected(let miner):
      (
        "miner_connected",
        [
          "address": .string(miner.address), "ip": .null, "algorithm": .string(miner.algorithm.rawValue),
          "difficulty": .number(miner.difficulty),
        ]
      )
    case .minerDisconnected(let miner):
      (
        "miner_disconnected",
        ["address": .string(miner.address), "ip": .null, "duration": .number(miner.connectedSeconds ?? 0)]
      )
    case .hashrate(let rate) where rate.pool == nil:
      (
        "hashrate_update",
        [
          "pool_hashrate": .number(rate.hashrate), "active_miners": .integer(Int64(rate.miners)),
          "algorithms": .object((rate.algorithms ?? [:]).mapValues(MessageValue.number)),
        ]
      )
    case .share(let share) where share.isAccepted:
      (
        "share",
        [
          "miner": .string(share.address), "difficulty": .number(share.difficulty),
          "algorithm": .string(share.algorithm.rawValue),
        ]
      )
    default: nil
    }
  }
}
