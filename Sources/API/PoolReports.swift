import Stratum

/// A found block with what Miningcore and ZION show of one.
public struct FoundReport: Sendable, Equatable {
  public var block: BlockReport
  public var networkWork: ShareWork
  public var confirmations: UInt32
  /// Accepted work since the block before; `nil` when that is not known.
  public var roundWork: ShareWork?
  /// What the coinbase paid to others.
  public var fees: [(account: String, amount: Int64)]

  public init(
    block: BlockReport, networkWork: ShareWork, confirmations: UInt32, roundWork: ShareWork?,
    fees: [(account: String, amount: Int64)]
  ) {
    self.block = block
    self.networkWork = networkWork
    self.confirmations = confirmations
    self.roundWork = roundWork
    self.fees = fees
  }

  public static func == (a: FoundReport, b: FoundReport) -> Bool {
    a.block == b.block && a.networkWork == b.networkWork && a.confirmations == b.confirmations
      && a.roundWork == b.roundWork && a.fees.elementsEqual(b.fees, by: ==)
  }
}

/// Who gets what of a block.
public struct StatementReport: Sendable, Equatable {
  public struct Line: Sendable, Equatable {
    public var account: String
    public var base: Int64
    public var bonus: Int64
    public var multiplier: Double

    public init(account: String, base: Int64, bonus: Int64, multiplier: Double) {
      self.account = account
      self.base = base
      self.bonus = bonus
      self.multiplier = multiplier
    }
  }

  public var found: FoundReport
  public var scheme: String?
  public var isBooked: Bool
  public var lines: [Line]
  public var remainder: Int64

  public init(found: FoundReport, scheme: String?, isBooked: Bool, lines: [Line], remainder: Int64) {
    self.found = found
    self.scheme = scheme
    self.isBooked = isBooked
    self.lines = lines
    self.remainder = remainder
  }
}

public struct PaymentReport: Sendable, Equatable {
  /// The same whenever it is asked for.
  public var id: Int64
  public var address: String
  public var amount: Int64
  public var txid: String
  public var state: String
  public var batch: String
  public var at: Int64

  public init(id: Int64, address: String, amount: Int64, txid: String, state: String, batch: String, at: Int64) {
    self.id = id
    self.address = address
    self.amount = amount
    self.txid = txid
    self.state = state
    self.batch = batch
    self.at = at
  }
}

/// A movement of an address's money.
public struct EntryReport: Sendable, Equatable {
  /// Its number in the audit's chain.
  public var sequence: Int64
  public var id: String
  /// `base`, `bonus`, `payout`, `release`, `reversal`, …
  public var kind: String
  /// A block's hash, or a batch's id.
  public var reference: String
  /// The other account.
  public var other: String
  /// Below zero for what was taken.
  public var amount: Int64
  public var at: Int64

  public init(
    sequence: Int64, id: String, kind: String, reference: String, other: String, amount: Int64, at: Int64
  ) {
    self.sequence = sequence
    self.id = id
    self.kind = kind
    self.reference = reference
    self.other = other
    self.amount = amount
    self.at = at
  }
}

public struct DayReport: Sendable, Equatable {
  /// Its beginning, seconds since 1970.
  public var day: Int64
  public var amount: Int64

  public init(day: Int64, amount: Int64) {
    self.day = day
    self.amount = amount
  }
}

/// What an address has here.
public struct AccountReport: Sendable, Equatable {
  public var confirmed: Int64 = 0
  public var immature: Int64 = 0
  public var underway: Int64 = 0
  public var paid: Int64 = 0
  public var paidToday: Int64 = 0
  public var lastPayment: PaymentReport?
  /// Accepted work since the pool's last block, by algorithm.
  public var roundWork: [Algorithm: ShareWork] = [:]

  public init() {}
}

public struct ThresholdReport: Sendable, Equatable {
  public var amount: Int64
  /// Whether the address set it itself, or the operator for it.
  public var isOwn: Bool

  public init(amount: Int64, isOwn: Bool) {
    self.amount = amount
    self.isOwn = isOwn
  }
}

/// A wish to be paid from another amount on.
public struct ThresholdOrder: Sendable, Equatable {
  public struct Signature: Sendable, Equatable {
    /// 32 bytes, Ed25519.
    public var publicKey: [UInt8]
    /// 64 bytes over the message that `zion payout threshold` describes.
    public var bytes: [UInt8]
    /// The time in the message, seconds since 1970.
    public var at: UInt32

    public init(publicKey: [UInt8], bytes: [UInt8], at: UInt32) {
      self.publicKey = publicKey
      self.bytes = bytes
      self.at = at
    }
  }

  public var address: String
  public var amount: Int64
  /// `nil`: the operator asks.
  public var signature: Signature?

  public init(address: String, amount: Int64, signature: Signature?) {
    self.address = address
    self.amount = amount
    self.signature = signature
  }
}

/// An account in the consciousness game.
public struct ProfileReport: Sendable, Equatable {
  public var address: String
  /// 1 to 9.
  public var level: Int
  public var experience: Int64
  /// `nil` at the last level.
  public var toNextLevel: Int64?
  /// 0 to 100.
  public var percentage: Double
  public var shares: Int
  public var blocks: Int
  public var challenges: Int64
  public var meditationMinutes: Int64
  public var karma: Int64
  public var achievements: [String]
  /// First seen, seconds since 1970.
  public var joined: Int64

  public init(
    address: String, level: Int, experience: Int64, toNextLevel: Int64?, percentage: Double, shares: Int, blocks: Int,
    challenges: Int64, meditationMinutes: Int64, karma: Int64, achievements: [String], joined: Int64
  ) {
    (self.address, self.level, self.experience) = (address, level, experience)
    (self.toNextLevel, self.percentage) = (toNextLevel, percentage)
    (self.shares, self.blocks, self.challenges) = (shares, blocks, challenges)
    (self.meditationMinutes, self.karma, self.achievements, self.joined) =
      (meditationMinutes, karma, achievements, joined)
  }
}

/// A batch of payments.
public struct BatchReport: Sendable, Equatable, Codable {
  public struct Output: Sendable, Equatable, Codable {
    public var address: String
    public var amount: String
    public var amountAtomic: Int64

    public init(address: String, amount: String, amountAtomic: Int64) {
      self.address = address
      self.amount = amount
      self.amountAtomic = amountAtomic
    }
  }

  public var id: String
  public var state: String
  public var miners: Int
  /// Coins, exact, as text.
  public var total: String
  public var totalAtomic: Int64
  public var fee: String?
  public var txid: String?
  /// Why it was cancelled or waits for a person.
  public var reason: String?
  /// Seconds since 1970.
  public var createdAt: Int64
  public var updatedAt: Int64
  /// Of one batch only.
  public var outputs: [Output]?

  public init(
    id: String, state: String, miners: Int, total: String, totalAtomic: Int64, fee: String?, txid: String?,
    reason: String?, createdAt: Int64, updatedAt: Int64, outputs: [Output]? = nil
  ) {
    (self.id, self.state, self.miners) = (id, state, miners)
    (self.total, self.totalAtomic, self.fee) = (total, totalAtomic, fee)
    (self.txid, self.reason, self.outputs) = (txid, reason, outputs)
    (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
  }
}

/// Where the audit's chain ends, and whether the books balance.
public struct AuditStatus: Sendable, Equatable, Codable {
  /// Records in the chain.
  public var sequence: Int64
  /// Hex of the last record's hash: worth writing down elsewhere, for `zion audit verify --expect`.
  public var head: String
  /// The sum of all balances, which is 0.
  public var imbalanceAtomic: Int64

  public init(sequence: Int64, head: String, imbalanceAtomic: Int64) {
    self.sequence = sequence
    self.head = head
    self.imbalanceAtomic = imbalanceAtomic
  }
}
