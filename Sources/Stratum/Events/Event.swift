/// Something that happened, with its place in the stream.
public struct Event: Sendable, Equatable {
  /// Each event's is one above that of the event before, whatever their types.
  public let sequence: UInt64
  /// Milliseconds since 1970.
  public let at: UInt64
  public let body: EventBody

  public init(sequence: UInt64, at: UInt64, body: EventBody) {
    self.sequence = sequence
    self.at = at
    self.body = body
  }
}

/// What happened. No event holds a miner's network address.
public indirect enum EventBody: Sendable, Equatable {
  case blockFound(BlockEvent)
  /// Deeper in the chain, or back in it.
  case blockProgress(BlockEvent)
  /// Its reward may be spent.
  case blockUnlocked(BlockEvent)
  /// Another block won, or no node took it.
  case blockOrphaned(BlockEvent)
  case chainHeight(ChainEvent)
  case payment(PaymentEvent)
  case paymentBatch(PaymentBatchEvent)
  case minerConnected(MinerEvent)
  case minerDisconnected(MinerEvent)
  case hashrate(HashrateEvent)
  case share(ShareEvent)
  case moved(SwitchEvent)
  case decision(DecisionEvent)
  case ban(BanEvent)
  case policyReloaded(PolicyEvent)
  case policyBroken(PolicyEvent)
  case health(HealthEvent)
}

extension EventBody {
  public var type: EventType {
    switch self {
    case .blockFound: .blockFound
    case .blockProgress: .blockProgress
    case .blockUnlocked: .blockUnlocked
    case .blockOrphaned: .blockOrphaned
    case .chainHeight: .chainHeight
    case .payment: .payment
    case .paymentBatch: .paymentBatch
    case .minerConnected: .minerConnected
    case .minerDisconnected: .minerDisconnected
    case .hashrate: .hashrate
    case .share: .share
    case .moved: .moved
    case .decision: .decision
    case .ban: .ban
    case .policyReloaded: .policyReloaded
    case .policyBroken: .policyBroken
    case .health: .health
    }
  }

  /// The sources and pools that it is about; none when it is about the whole.
  public var pools: [String] {
    switch self {
    case .blockFound(let block), .blockProgress(let block), .blockUnlocked(let block), .blockOrphaned(let block):
      [block.source, block.pool]
    case .chainHeight(let chain): [chain.source, chain.pool]
    case .payment(let payment): [payment.pool]
    case .paymentBatch(let batch): [batch.pool]
    case .minerConnected(let miner), .minerDisconnected(let miner): [miner.pool].compactMap(\.self)
    case .hashrate(let rate): [rate.pool].compactMap(\.self)
    case .share(let share): [share.pool]
    case .moved(let move): [move.from, move.to].compactMap(\.self)
    case .decision(let decision): [decision.from, decision.to].compactMap(\.self)
    case .health(let health): [health.part]
    case .ban, .policyReloaded, .policyBroken: []
    }
  }

  /// The account that it is about, where it is about one.
  public var address: String? {
    switch self {
    case .blockFound(let block), .blockProgress(let block), .blockUnlocked(let block), .blockOrphaned(let block):
      block.address
    case .payment(let payment): payment.address
    case .minerConnected(let miner), .minerDisconnected(let miner): miner.address
    case .share(let share): share.address
    case .moved(let move): move.address
    case .ban(let ban): ban.address
    case .chainHeight, .paymentBatch, .hashrate, .decision, .policyReloaded, .policyBroken, .health: nil
    }
  }

  /// About the bytes that it holds in memory.
  var weight: Int { 400 + (words.reduce(0) { $0 + ($1?.utf8.count ?? 0) }) }

  /// The texts whose length nobody here decides.
  private var words: [String?] {
    switch self {
    case .blockFound(let block), .blockProgress(let block), .blockUnlocked(let block), .blockOrphaned(let block):
      [block.address, block.worker, block.reason]
    case .chainHeight: []
    case .payment(let payment): [payment.address]
    case .paymentBatch(let batch): [batch.reason]
    case .minerConnected(let miner), .minerDisconnected(let miner): [miner.address, miner.worker, miner.userAgent]
    case .hashrate: []
    case .share(let share): [share.address, share.worker, share.reason]
    case .moved(let move): [move.address, move.worker]
    case .decision(let decision): [decision.reason, decision.group]
    case .ban(let ban): [ban.address, ban.reason]
    case .policyReloaded(let policy), .policyBroken(let policy):
      [policy.file] + policy.problems.flatMap { [$0.key, $0.message] }
    case .health(let health): [health.reason]
    }
  }
}

extension EventBody: Encodable {
  /// The event's `data`.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .blockFound(let block), .blockProgress(let block), .blockUnlocked(let block), .blockOrphaned(let block):
      try block.encode(to: encoder)
    case .chainHeight(let chain): try chain.encode(to: encoder)
    case .payment(let payment): try payment.encode(to: encoder)
    case .paymentBatch(let batch): try batch.encode(to: encoder)
    case .minerConnected(let miner), .minerDisconnected(let miner): try miner.encode(to: encoder)
    case .hashrate(let rate): try rate.encode(to: encoder)
    case .share(let share): try share.encode(to: encoder)
    case .moved(let move): try move.encode(to: encoder)
    case .decision(let decision): try decision.encode(to: encoder)
    case .ban(let ban): try ban.encode(to: encoder)
    case .policyReloaded(let policy), .policyBroken(let policy): try policy.encode(to: encoder)
    case .health(let health): try health.encode(to: encoder)
    }
  }
}
