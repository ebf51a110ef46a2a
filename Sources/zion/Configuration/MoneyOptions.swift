import Pool
import Stratum

/// `local.rewards`: how the local pool shares out what its blocks bring.
struct RewardOptions: Sendable, Equatable {
  /// `scheme`: `pplns`, `prop`, `solo` (the coinbase pays the finder) or `pps`. Default `pplns`.
  /// `window`: the PPLNS window in network difficulties, 0.1 to 1000000 in steps of 0.01. Default 2.
  /// `short_window`: who gets what is missing in a window that is not full yet, `miners` or `pool`. Default `miners`.
  /// `eco`: what work of an algorithm counts, as `NAME: FACTOR` of 0.1 to 10 in steps of 0.0001. Default: 1.25 for
  /// cosmic_harmony, 1.15 for the yescrypt family, 1 for all others.
  /// `bonus`: what each block takes from the bonus fund for its miners, weighted by their consciousness levels.
  /// Default 1569.634703 on the embedded chain, 0 on a Bitcoin node.
  var rules = RewardRules()
  /// `bonus_fund`: with how much the fund is opened, once. Default 8250000000 on the embedded chain, 0 on a Bitcoin node.
  var bonusFund = AtomicUnits(8_250_000_000_000_000)
  /// `pps_fee`: with `scheme: pps`, what the operator keeps of each share for the risk, 0 to 99.99. Default 4.
  var ppsFeeBasisPoints: UInt32 = 400
  /// `consciousness_keys`: files of public keys (PEM) whose credentials for challenges, meditation and karma count.
  /// Default: none.
  var credentialKeys: [String] = []
}

/// `local.payouts`: when and how miners are paid.
struct PayoutOptions: Sendable, Equatable {
  enum WalletKind: String, CaseIterable { case raw, sendmany }
  enum FeePayer: String, CaseIterable { case pool, miners }

  /// `enabled`. Default `true` on a Bitcoin node. The embedded chain carries no transfers: balances grow there and are
  /// never paid.
  var isEnabled = false
  /// `interval`: between two looks at who is to be paid, 10 s to 24 h. Default `1h`.
  var intervalSeconds = 3_600.0
  /// `threshold`: a balance below it waits. A miner may set its own. Default 10 coins, 0.005 on a Bitcoin node.
  var threshold = AtomicUnits(10_000_000)
  /// `minimum`: the lowest threshold that a miner may set. Default: a tenth of `threshold`.
  var minimum = AtomicUnits(1_000_000)
  /// `outputs`: miners paid by one transaction, 1 to 1000. Default 100.
  var outputLimit = 100
  /// `network_fee`: who pays what the network takes, `pool` or `miners` (each an equal part). Default `pool`.
  var feePayer = FeePayer.pool
  /// `maximum_fee`: a transaction that would cost more is not made. Default 0.01 coins.
  var maximumFee = AtomicUnits(1_000_000)
  /// `confirmations`: after which a payment is final, 1 to 1000. Default 6.
  var confirmations: UInt32 = 6
  /// `wallet`: that of the first node, and the pool's alone: coins that are locked there for no payment are set free.
  /// `raw` makes, keeps and then sends transactions; `sendmany` is for nodes that cannot. Default `raw`.
  var wallet = WalletKind.raw
  /// `approval`: what several people must agree to. Default: nothing.
  var approval: ApprovalOptions?
}

/// `local.payouts.approval`.
struct ApprovalOptions: Sendable, Equatable {
  /// `above`: a batch of more waits for signatures. Default 0: every batch.
  var above = AtomicUnits.zero
  /// `keys`: files of the public keys (PEM) of those who may sign, relative to the configuration file. Required.
  var keys: [String]
  /// `required`: how many of them must. Required.
  var required: Int
}
