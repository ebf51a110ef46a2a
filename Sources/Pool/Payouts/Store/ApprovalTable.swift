import Stratum

/// What approvers have said, and what miners want to be paid from.
extension PayoutTable {
  /// Every word that was stored for a batch, in the order in which it came.
  public func approvals(of order: PayoutOrder, _ sql: any SQL) throws -> [PayoutApproval] {
    try sql.run(
      "SELECT key, decision, signature, digest FROM approvals WHERE batch = ? ORDER BY at, key, decision",
      .text(order.id.text)
    ).rows.compactMap { row in
      // What cannot even be read was written by other hands and counts for nothing.
      guard let bytes = Hex.decode(try row.text(0)), let key = Ed25519PublicKey(bytes: bytes),
        let decision = PayoutApproval.Decision(rawValue: try row.text(1))
      else { return nil }
      return PayoutApproval(digest: try row.bytes(3), decision: decision, key: key, signature: try row.bytes(2))
    }
  }

  /// Takes a word on a batch that still waits for one.
  public func add(
    _ approval: PayoutApproval, to id: PayoutBatchID, of approvers: Approvers, at now: UnixTime, _ sql: any SQL
  ) throws {
    guard let batch = try find(id, sql) else { throw ApprovalFailure.unknownBatch(id) }
    switch batch.state {
    case .planned, .awaitingApproval: break
    default: throw ApprovalFailure.notWaiting(id, state: batch.state.label)
    }
    guard batch.order.requiredApprovals > 0 else { throw ApprovalFailure.notWaiting(id, state: "needing no approval") }
    try approvers.check(approval, of: batch.order, after: try approvals(of: batch.order, sql))
    try sql.run(
      "INSERT INTO approvals (batch, key, decision, signature, digest, at) VALUES (?, ?, ?, ?, ?, ?)",
      .text(id.text), .text(Hex.encode(approval.key.bytes)), .text(approval.decision.rawValue),
      .bytes(approval.signature), .bytes(approval.digest), .time(now))
    var body = AuditBody()
    body.add("batch", id.text)
    body.add("decision", approval.decision.rawValue)
    body.add("key", approval.key.id)
    body.add("signature", Hex.encode(approval.signature))
    try AuditLog.append([AuditEntry(kind: "approval", body: body, at: now)], sql)
  }

  /// What an address wants to be paid from, and when it last said so by its signature.
  public func settings(of account: String, _ sql: any SQL) throws -> PayoutSettings {
    let row = try sql.first(
      "SELECT threshold, signed_at, public_key FROM payout_settings WHERE account = ?", .text(account))
    guard let row else { return PayoutSettings() }
    let signedAt = try row.time(1)
    return PayoutSettings(
      threshold: row.isNull(0) ? nil : try row.amount(0), signedAt: signedAt.seconds == 0 ? nil : signedAt,
      key: row.isNull(2) ? nil : Ed25519PublicKey(bytes: try row.bytes(2)))
  }

  public func set(_ settings: PayoutSettings, of account: String, by whom: String, at now: UnixTime, _ sql: any SQL)
    throws
  {
    try sql.run(
      """
      INSERT INTO payout_settings (account, threshold, signed_at, public_key) VALUES (?, ?, ?, ?)
        ON CONFLICT (account) DO UPDATE SET threshold = excluded.threshold, signed_at = excluded.signed_at,
          public_key = excluded.public_key
      """, .text(account), settings.threshold.map(SQLValue.amount) ?? .null,
      .time(settings.signedAt ?? UnixTime(seconds: 0)), settings.key.map { .bytes($0.bytes) } ?? .null)
    var body = AuditBody()
    body.add("account", account)
    body.add("threshold", settings.threshold?.value ?? 0)
    body.add("by", whom)
    if let key = settings.key { body.add("key", key.id) }
    try AuditLog.append([AuditEntry(kind: "payout_settings", body: body, at: now)], sql)
  }
}

/// What an address has said about how it is paid.
public struct PayoutSettings: Equatable, Sendable {
  /// `nil` for the pool's.
  public var threshold: AtomicUnits?
  /// Of the last message that was accepted.
  public var signedAt: UnixTime?
  /// Whose signature changes the threshold.
  public var key: Ed25519PublicKey?

  public init(threshold: AtomicUnits? = nil, signedAt: UnixTime? = nil, key: Ed25519PublicKey? = nil) {
    (self.threshold, self.signedAt, self.key) = (threshold, signedAt, key)
  }
}

/// Why an approval was not taken, apart from what is wrong with itself.
public enum ApprovalFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownBatch(PayoutBatchID)
  case notWaiting(PayoutBatchID, state: String)

  public var description: String {
    switch self {
    case .unknownBatch(let id): "there is no batch \(id): see `zion payout list`"
    case .notWaiting(let id, let state): "the batch \(id) waits for no approval: it is \(state)"
    }
  }
}
