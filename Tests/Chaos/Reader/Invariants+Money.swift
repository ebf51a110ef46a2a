// Money and blocks.
extension Evidence {
  var moneyViolations: [Violation] {
    var sums: [String: Int64] = [:]
    for transfer in database.transfers {
      sums[transfer.debit, default: 0] &-= transfer.amount
      sums[transfer.credit, default: 0] &+= transfer.amount
    }
    let accounts = Set(sums.keys).union(database.balances.keys)
    let wrong = accounts.filter { sums[$0] ?? 0 != database.balances[$0] ?? 0 }
    let imbalance = database.balances.values.reduce(Int64(0), &+)
    return [
      imbalance == 0 ? nil : Violation(.moneyConserved, "all balances sum up to \(imbalance), not to 0"),
      .of(
        .moneyConserved, "balances are not what their transfers sum up to",
        wrong.map { "\($0): \(database.balances[$0] ?? 0) for \(sums[$0] ?? 0)" }),
      .of(
        .moneyConserved, "transfers move nothing",
        database.transfers.filter { $0.amount <= 0 || $0.debit == $0.credit }.map(\.id)),
      .of(.creditedOnce, "transfers were posted twice", Self.repeated(database.transfers.map(\.id))),
      .of(
        .moneyConserved, "blocks' rewards are not shared out to the unit",
        database.balances.filter { $0.key.hasPrefix("reward:") && $0.value != 0 }.map { "\($0.key): \($0.value)" }),
    ].compactMap { $0 } + bookingViolations
  }

  /// What a block brought is booked once, as its coinbase has it, or not at all.
  private var bookingViolations: [Violation] {
    var brought: [String: Int64] = [:]
    for transfer in database.transfers {
      if transfer.credit.hasPrefix("reward:"), transfer.kind == "reward" {
        brought[transfer.reference, default: 0] &+= transfer.amount
      }
      if transfer.debit.hasPrefix("reward:"), transfer.kind == "reversal", transfer.credit == "wallet" {
        brought[transfer.reference, default: 0] &-= transfer.amount
      }
    }
    let blocks = Dictionary(database.blocks.map { ($0.hash, $0) }) { first, _ in first }
    let otherSum = database.blocks.compactMap { block -> String? in
      let (sum, due) = (brought[block.hash] ?? 0, block.bookings % 2 == 1 ? block.reward : 0)
      return sum == due ? nil : "\(block.hash): \(sum) for \(due)"
    }
    return [
      .of(
        .moneyConserved, "blocks are booked with another sum than they brought", otherSum),
      .of(.moneyConserved, "bookings are of no block", brought.keys.filter { blocks[$0] == nil }),
    ].compactMap { $0 }
  }

  var blockViolations: [Violation] {
    let known = Set(database.blocks.flatMap { [$0.hash, $0.shareHash] }).union(blockFiles)
    let found = Set(client.accepted.filter { $0.pool == nil && $0.isBlock }.map(\.hash))
    let sent = Set(client.shares.map(\.hash))
    let standing: Set<String> = ["immature", "mature", "submitted", "found"]
    let won = Set(database.blocks.filter { standing.contains($0.status) }.map(\.hash))
    let ours = chain.confirmations.filter { $0.value > 0 && (chain.isOurs || sent.contains($0.key)) }.keys
    let untold = ours.filter { !won.contains($0) }
    let gone = database.blocks.filter { block in
      (block.status == "immature" || block.status == "mature") && (chain.confirmations[block.hash] ?? 0) < 1
    }
    return [
      .of(
        .blockNeverLost, "blocks were acknowledged, and neither chain, database nor a file has them",
        found.filter { chain.confirmations[$0] == nil && !known.contains($0) }),
      .of(
        .blocksAreChain, "blocks count as won and are not in the best chain", gone.map { "\($0.hash) (\($0.status))" }),
      .of(.blocksAreChain, "blocks of ours are in the best chain and the database does not say so", untold),
      .of(.creditedOnce, "blocks are stored twice", Self.repeated(database.blocks.map(\.hash))),
    ].compactMap { $0 }
  }

  var paymentViolations: [Violation] {
    guard let sends = chain.sends else { return [] }
    let booked = database.batches.filter { !$0.txid.isEmpty }
    // What is on its way is in the chain first.
    let isUnderway = database.batches.contains { !["final", "cancelled", "conflicted"].contains($0.state) }
    let addresses = isUnderway ? [] : Set(chain.received.keys).union(database.paid.keys)
    let received = addresses.filter {
      chain.received[$0] ?? 0 != database.paid[$0] ?? 0
    }
    return [
      .of(.broadcastOnce, "transactions left the wallet for no batch", Set(sends).subtracting(booked.map(\.txid))),
      .of(.broadcastOnce, "batches share a transaction", Self.repeated(booked.map(\.txid))),
      .of(
        .ledgerIsChain, "batches are paid in the ledger only",
        booked.filter { $0.state == "final" && !sends.contains($0.txid) }.map(\.id)),
      .of(
        .ledgerIsChain, "addresses received something else than they were paid",
        received.map { "\($0): \(chain.received[$0] ?? 0) for \(database.paid[$0] ?? 0)" }),
    ].compactMap { $0 }
  }
}
