import API
import Pool
import Stratum

extension LocalPoolView {
  func payments(to address: String?, _ page: PageRequest) async throws -> Paged<PaymentReport> {
    try await read { figures, sql in
      let (payments, total) = try figures.payments(to: address, limit: page.size, offset: page.offset, sql)
      return Paged(payments.map { PaymentReport($0.payment, id: $0.id) }, total: total)
    }
  }

  func entries(
    of address: String, _ page: PageRequest
  ) async throws -> (entries: Paged<EntryReport>, account: AccountReport?) {
    let account = Account.miner(address)
    let now = Int64(Clocks.wall().seconds)
    return try await read { figures, sql in
      let (entries, total) = try figures.entries(of: account, limit: page.size, offset: page.offset, sql)
      let page = Paged(
        entries.map { sequence, transfer in
          let isCredit = transfer.credit == account
          return EntryReport(
            sequence: sequence, id: transfer.id, kind: transfer.kind.rawValue, reference: transfer.reference,
            other: (isCredit ? transfer.debit : transfer.credit).name,
            amount: isCredit ? transfer.amount.value : -transfer.amount.value, at: Int64(transfer.at.seconds))
        }, total: total)
      return (page, try AccountReport(address, now: now, figures, sql))
    }
  }

  func paidByDay(to address: String, _ page: PageRequest) async throws -> Paged<DayReport> {
    try await read { figures, sql in
      let (days, total) = try figures.paidByDay(to: address, limit: page.size, offset: page.offset, sql)
      return Paged(days.map { DayReport(day: $0.day, amount: $0.amount) }, total: total)
    }
  }

  func account(
    _ address: String, _ question: PieceQuestion
  ) async throws -> (account: AccountReport?, pieces: PieceAnswer) {
    let now = Int64(Clocks.wall().seconds)
    return try await read { figures, sql in
      (
        try AccountReport(address, now: now, figures, sql),
        try PieceAnswer(to: question, about: address, figures, sql)
      )
    }
  }

  func threshold(of address: String) async throws -> ThresholdReport {
    let (table, general) = (PayoutTable(pool: money.store.pool), facts.threshold)
    return try await read { _, sql in
      let own = try table.settings(of: address, sql).threshold
      return ThresholdReport(amount: own?.value ?? general, isOwn: own != nil)
    }
  }

  func setThreshold(_ order: ThresholdOrder) async throws -> ThresholdReport {
    let table = PayoutTable(pool: money.store.pool)
    let (minimum, now) = (AtomicUnits(facts.minimum), Clocks.wall())
    let wish = try SignedWish(order)
    do {
      return try await money.store.database.write { sql in
        var settings = try table.settings(of: order.address, sql)
        if let wish {
          try wish.change.verify(
            wish.signature, by: wish.key, registered: settings.key.map { [$0] } ?? [], last: settings.signedAt,
            minimum: minimum, at: now)
          settings.signedAt = wish.change.signedAt
        } else if order.amount < minimum.value {
          throw ThresholdRefusal.tooLow(minimum: minimum)
        }
        settings.threshold = AtomicUnits(order.amount)
        try table.set(settings, of: order.address, by: wish == nil ? "operator" : "miner", at: now, sql)
        return ThresholdReport(amount: order.amount, isOwn: true)
      }
    } catch let refusal as ThresholdRefusal {
      if case .tooLow = refusal { throw PoolRefusal(isForbidden: false, reason: "\(refusal)") }
      throw PoolRefusal(isForbidden: true, reason: "\(refusal)")
    }
  }

  func batches(_ page: PageRequest) async throws -> Paged<BatchReport> {
    let coin = facts.coin
    return try await read { figures, sql in
      let (batches, total) = try figures.batches(limit: page.size, offset: page.offset, sql)
      return Paged(batches.map { BatchReport($0, coin: coin) }, total: total)
    }
  }

  func batch(_ id: String) async throws -> BatchReport? {
    guard let id = PayoutBatchID(id) else { return nil }
    let coin = facts.coin
    return try await read { figures, sql in
      guard let stored = try figures.batch(id, sql) else { return nil }
      var report = BatchReport(stored, coin: coin)
      report.outputs = stored.batch.order.outputs.map {
        .init(address: $0.address, amount: coin.text($0.amount), amountAtomic: $0.amount.value)
      }
      return report
    }
  }
}

/// A wish with the miner's own signature.
private struct SignedWish: Sendable {
  let change: ThresholdChange
  let signature: [UInt8]
  let key: Ed25519PublicKey

  /// `nil` when it is the operator's.
  init?(_ order: ThresholdOrder) throws(PoolRefusal) {
    guard let signed = order.signature else { return nil }
    guard let key = Ed25519PublicKey(bytes: signed.publicKey) else {
      throw PoolRefusal(isForbidden: true, reason: "publicKey is no Ed25519 key")
    }
    self.key = key
    signature = signed.bytes
    change = ThresholdChange(
      address: order.address, threshold: AtomicUnits(order.amount), signedAt: UnixTime(seconds: signed.at))
  }
}

extension PaymentReport {
  fileprivate init(_ payment: Payment, id: Int64) {
    self.init(
      id: id, address: payment.address, amount: payment.amount.value, txid: payment.txid ?? "", state: payment.state,
      batch: payment.batch, at: Int64(payment.at.seconds))
  }
}

extension BatchReport {
  fileprivate init(_ stored: StoredPayout, coin: Coin) {
    let batch = stored.batch
    let reason: String? =
      switch batch.state {
      case .review(let why, _), .cancelled(let why): why
      default: nil
      }
    self.init(
      id: batch.order.id.text, state: batch.state.label, miners: batch.order.outputs.count,
      total: coin.text(batch.order.total), totalAtomic: batch.order.total.value,
      fee: batch.transaction.map { coin.text($0.fee) }, txid: batch.transaction?.txid.displayHex, reason: reason,
      createdAt: Int64(stored.createdAt.seconds), updatedAt: Int64(stored.updatedAt.seconds))
  }
}

extension AccountReport {
  /// `nil` for an address that was never seen.
  init?(_ address: String, now: Int64, _ figures: PoolFigures, _ sql: any SQL) throws {
    guard try Balances.exists(.miner(address), sql) || figures.sharesAndFirst(of: address, sql) != nil else {
      return nil
    }
    let balance = try Balances.miner(address, sql)
    let paid = try figures.paid(to: address, since: now / 86_400 * 86_400, sql)
    self.init()
    confirmed = balance.confirmed.value
    immature = balance.immature.value
    underway = balance.underway.value
    self.paid = paid.all
    paidToday = paid.since
    lastPayment = try figures.payments(to: address, limit: 1, offset: 0, sql).payments.first.map {
      PaymentReport($0.payment, id: $0.id)
    }
    var since: [Algorithm: Int64] = [:]
    for algorithm in try figures.shareCounts(sql).keys {
      since[algorithm] = try figures.lastBlock(of: algorithm, sql) ?? 0
    }
    roundWork = try figures.work(of: address, since: since, now: now, sql).filter { $0.value > .zero }
  }
}
