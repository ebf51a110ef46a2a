import Stratum

/// Events as tests need them.
enum EventSamples {
  static let address = "ZION_00112233445566778899AABBCCDDEEFF00112233"

  static func policy(_ name: String) -> EventBody {
    .policyReloaded(PolicyEvent(policy: name, mode: "failover", file: nil))
  }

  static func share(_ worker: String, pool: String = "zion", isAccepted: Bool = true) -> EventBody {
    .share(
      ShareEvent(
        address: address, worker: worker, algorithm: .sha256d, pool: pool, difficulty: 0.5, isAccepted: isAccepted,
        reason: isAccepted ? nil : "stale"))
  }

  static let block = BlockEvent(
    pool: "zion", source: "zion:kawpow", coin: "ZION", height: 12, hash: "00ff", algorithm: .kawpow, address: address,
    worker: "rig1", difficulty: 2.5, reward: 42_835_000, rewardText: "42.835000", state: "found")

  static let batch = PaymentBatchEvent(
    pool: "zion", coin: "ZION", batch: "b1", state: "sent", total: 1_569_634_703, totalText: "1569.634703",
    recipients: 2, txid: "aa", fee: 1000, feeText: "0.001000")

  static let payment = PaymentEvent(
    pool: "zion", coin: "ZION", batch: "b1", address: address, amount: 500_000, amountText: "0.500000", txid: "aa")

  static let miner = MinerEvent(
    address: address, worker: "rig1", algorithm: .kawpow, pool: "zion:kawpow", difficulty: 0.25,
    userAgent: "kawpowminer/1.2.4")

  static let total = HashrateEvent(
    pool: nil, algorithm: nil, hashrate: Hashrate(1500), miners: 3, algorithms: ["kawpow": 1000, "sha256d": 500])

  /// One of each type.
  static let each: [EventBody] = [
    .blockFound(block), .blockProgress(block), .blockUnlocked(block), .blockOrphaned(block),
    .chainHeight(ChainEvent(pool: "zion", source: "zion:kawpow", coin: "ZION", algorithm: .kawpow, height: 13)),
    .payment(payment), .paymentBatch(batch), .minerConnected(miner), .minerDisconnected(miner), .hashrate(total),
    share("rig1"), .moved(SwitchEvent(address: address, worker: "rig1", algorithm: .kawpow, from: "a", to: "b")),
    .decision(
      DecisionEvent(
        number: 1, group: "all", policy: "p", from: "a", to: "b", reason: "b pays more", expectedGain: 0.1,
        threshold: 0.05, isForced: false)),
    .ban(BanEvent(subject: .address, address: address, reason: "10 invalid shares in 5 minutes", until: 1)),
    policy("p"), .policyBroken(PolicyEvent(policy: "p", mode: "failover", file: "p.yaml")),
    .health(HealthEvent(part: "a", isHealthy: false, reason: "connection refused")),
  ]
}
