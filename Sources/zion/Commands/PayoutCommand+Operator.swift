import ArgumentParser
import Foundation
import Pool
import Stratum

extension PayoutCommand {
  struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what became of a batch that needs a look.",
      discussion: """
        Only for batches in review: zion payout show says what to check. --paid TXID books the payment with its network
        fee; --not-paid gives the miners their balances back. Exit code 0: booked. 1: refused, and why.
        """)
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "The batch's id.")
    var batch: PayoutBatchID
    @Option(help: "Id of the transaction that paid the batch.")
    var paid: String?
    @Option(help: "What the network took for it, in coins.")
    var fee: String?
    @Flag(help: "Nothing was paid, and nothing can be any more.")
    var notPaid = false

    func validate() throws {
      guard (paid != nil) != notPaid else {
        throw ValidationError("give either --paid TXID --fee AMOUNT or --not-paid")
      }
      guard (paid == nil) == (fee == nil) else { throw ValidationError("--paid and --fee belong together") }
    }

    func run() async throws {
      try await place.use { configuration, database in
        let resolution = try resolution(configuration.local.coin)
        let table = PayoutTable(pool: configuration.local.name)
        let (id, now) = (batch, Clocks.wall())
        let state = try await database.write { sql in
          guard let found = try table.find(id, sql) else { throw ApprovalFailure.unknownBatch(id) }
          guard case .review = found.state else {
            throw StartError("the batch \(id) is \(found.state.label), and only one in review can be resolved")
          }
          let change = PayoutMachine(rules: .init()).next(found, .resolved(resolution), at: now)
          guard try table.store(change, over: found, at: now, sql) else {
            throw StartError("the batch \(id) has changed at this moment; look at it again")
          }
          return change.batch.state.label
        }
        print("the batch \(id) is \(state)")
      }
    }

    private func resolution(_ coin: Coin) throws -> PayoutResolution {
      guard let paid, let fee else { return .notPaid }
      guard let txid = Hash256(displayHex: paid) else {
        throw StartError("--paid “\(paid)” is not a transaction's id: 64 hex digits")
      }
      guard let amount = coin.amount(fee) else { throw StartError("--fee “\(fee)” is not an amount of \(coin.symbol)") }
      return .paid(txid: txid, fee: amount)
    }
  }

  struct Threshold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "From what balance on an address is paid; and the key by which it may change that itself.",
      discussion: """
        Without --signature it is the operator's word. With --signature, --public-key and --time it is the miner's own: the
        message is signed by the key of the ZION address, or by one that --register gave the address before. The message
        is four lines: zion-threshold-1, the address, the amount in atomic units, the time in seconds since 1970.
        Exit code 0: done. 1: refused, and why.
        """)
    @OptionGroup var place: DatabaseArguments
    @Argument(help: "The address.")
    var address: String
    @Argument(help: "The amount in coins; without one, what is set is shown.")
    var amount: String?
    @Option(help: "Hex of the miner's signature over the message.")
    var signature: String?
    @Option(help: "File of the public key (PEM) that made the signature.")
    var publicKey: String?
    @Option(help: "The time in the message.")
    var time: UInt32?
    @Option(help: "File of a public key (PEM) that may change this address's threshold from now on.")
    var register: String?

    func run() async throws {
      try await place.use { configuration, database in
        let coin = configuration.local.coin
        let table = PayoutTable(pool: configuration.local.name)
        let (address, now) = (address, Clocks.wall())
        let wished = try amount.map { text in
          guard let amount = coin.amount(text), amount > .zero else {
            throw StartError("“\(text)” is not an amount of \(coin.symbol)")
          }
          return amount
        }
        let newKey = try register.map { try KeyFiles.publicKey(at: $0) }
        let signed = try signed(wished, coin: coin)
        let minimum = configuration.local.payouts.minimum
        let settings = try await database.write { sql in
          var settings = try table.settings(of: address, sql)
          guard wished != nil || newKey != nil else { return settings }
          if let signed {
            try signed.change.verify(
              signed.signature, by: signed.key, registered: settings.key.map { [$0] } ?? [], last: settings.signedAt,
              minimum: minimum, at: now)
            settings.signedAt = signed.change.signedAt
          } else if let wished, wished < minimum {
            throw ThresholdRefusal.tooLow(minimum: minimum)
          }
          settings.threshold = wished ?? settings.threshold
          settings.key = newKey ?? settings.key
          try table.set(settings, of: address, by: signed == nil ? "operator" : "miner", at: now, sql)
          return settings
        }
        let own = settings.threshold.map { "\(coin.named($0)), its own" }
        print("\(address) is paid from \(own ?? coin.named(configuration.local.payouts.threshold) + " on, as all")")
        if let key = settings.key { print("its threshold can be changed with the key \(key.id)") }
      }
    }

    private func signed(
      _ wished: AtomicUnits?, coin: Coin
    ) throws -> (change: ThresholdChange, signature: [UInt8], key: Ed25519PublicKey)? {
      guard let signature else { return nil }
      guard let publicKey, let time, let wished, register == nil else {
        throw StartError("--signature needs an amount, --public-key and --time, and goes without --register")
      }
      guard let bytes = Hex.decode(signature) else { throw StartError("--signature is not hex") }
      let change = ThresholdChange(address: address, threshold: wished, signedAt: UnixTime(seconds: time))
      return (change, bytes, try KeyFiles.publicKey(at: publicKey))
    }
  }
}
