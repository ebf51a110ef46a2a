import API
import Pool
import Stratum

extension LocalPoolView {
  func blocks(of algorithm: Algorithm?, states: Set<String>, _ page: PageRequest) async throws -> Paged<FoundReport> {
    let (source, now) = (facts.source, Int64(Clocks.wall().seconds))
    return try await read { figures, sql in
      let (records, total) = try figures.blocks(
        of: algorithm, states: states, limit: page.size, offset: page.offset, sql)
      let found = try records.map { record in
        FoundReport(record, source: source(record.algorithm), work: try figures.roundWork(of: record, now: now, sql))
      }
      return Paged(found, total: total)
    }
  }

  func blocks(at height: UInt32) async throws -> [StatementReport] {
    let (source, now) = (facts.source, Int64(Clocks.wall().seconds))
    let pool = money.store.pool
    return try await read { figures, sql in
      try BlockStatement.at(height: height, pool: pool, sql).map { statement in
        let found = FoundReport(
          statement.block, source: source(statement.block.algorithm),
          work: try figures.roundWork(of: statement.block, now: now, sql))
        let split = statement.split
        return StatementReport(
          found: found, scheme: split?.scheme.rawValue, isBooked: split?.isBooked ?? false,
          lines: (split?.lines ?? []).map {
            .init(
              account: $0.account, base: $0.base.value, bonus: $0.bonus.value,
              multiplier: Double($0.multiplierBasisPoints) / 10_000)
          }, remainder: split?.remainder.value ?? 0)
      }
    }
  }
}

extension FoundReport {
  fileprivate init(_ record: BlockRecord, source: String, work: ShareWork?) {
    var confirmations: UInt32 = 0
    if case .immature(let count) = record.state { confirmations = count }
    self.init(
      block: BlockReport(record, source: source), networkWork: record.networkWork, confirmations: confirmations,
      roundWork: work, fees: record.fees.map { ($0.account, $0.amount.value) })
  }
}
