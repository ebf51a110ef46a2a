import Hashing
import Stratum

/// Bytes to be signed or hashed, in which no two contents look alike: every part has its length before it.
struct CanonicalBytes {
  private(set) var bytes: [UInt8] = []

  /// - Parameter version: what the bytes are, with a number that changes with their form.
  init(_ version: String) { append(version) }

  mutating func append(_ text: String) { append(Array(text.utf8)) }

  /// Four bytes of length, most significant first, and the bytes.
  mutating func append(_ part: [UInt8]) {
    append(bigEndian: UInt32(clamping: part.count))
    bytes += part
  }

  /// Eight bytes, most significant first.
  mutating func append(_ number: Int64) { append(bigEndian: UInt64(bitPattern: number)) }

  private mutating func append(bigEndian number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }
}

extension PayoutOrder {
  /// SHA-256 over the whole order, 32 bytes: what an approver signs. Any other pool, chain, id, output, amount, order
  /// of outputs, fee policy, route or number of approvals has another digest.
  public var digest: [UInt8] {
    var canonical = CanonicalBytes("zion-payout-batch-1")
    canonical.append(pool)
    canonical.append(chain)
    canonical.append(id.text)
    canonical.append(fees.rawValue)
    canonical.append(route.rawValue)
    canonical.append(Int64(requiredApprovals))
    canonical.append(Int64(outputs.count))
    for output in outputs {
      canonical.append(output.address)
      canonical.append(output.script)
      canonical.append(output.amount.value)
    }
    canonical.append(total.value)
    return sha256(canonical.bytes)
  }
}

/// An operator's signed word on one batch.
public struct PayoutApproval: Equatable, Sendable {
  public enum Decision: String, Sendable, Equatable, CaseIterable {
    case approve, reject
  }

  /// Of the batch, as the operator saw it.
  public var digest: [UInt8]
  public var decision: Decision
  public var key: Ed25519PublicKey
  public var signature: [UInt8]

  public init(digest: [UInt8], decision: Decision, key: Ed25519PublicKey, signature: [UInt8]) {
    (self.digest, self.decision, self.key, self.signature) = (digest, decision, key, signature)
  }

  /// Signs the decision on `order`.
  public init(_ decision: Decision, on order: PayoutOrder, by key: Ed25519PrivateKey) {
    digest = order.digest
    self.decision = decision
    self.key = key.publicKey
    signature = key.signature(of: Self.message(decision, digest: digest))
  }

  static func message(_ decision: Decision, digest: [UInt8]) -> [UInt8] {
    var canonical = CanonicalBytes("zion-payout-approval-1")
    canonical.append(decision.rawValue)
    canonical.append(digest)
    return canonical.bytes
  }

  var isGenuine: Bool { key.verifies(signature, of: Self.message(decision, digest: digest)) }
}

/// Why an approval does not count.
public enum ApprovalRefusal: Error, Equatable, Sendable {
  case unknownKey(id: String)
  /// It is for another batch, or for this one with other content.
  case otherBatch(digest: [UInt8])
  case forged(keyID: String)
  case alreadyGiven(keyID: String)
}

extension ApprovalRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownKey(let id): "the key \(id) is none of the configured approvers'"
    case .otherBatch(let digest):
      "the approval is for another batch (digest \(Hex.encode(digest.prefix(8)))…): sign the one that is shown"
    case .forged(let id): "the signature was not made with the key \(id)"
    case .alreadyGiven(let id): "the key \(id) has said this already, and counts once"
    }
  }
}

/// Who may approve.
public struct Approvers: Equatable, Sendable {
  public enum Malformed: Error, Equatable, Sendable {
    case sameKeyTwice(id: String)
  }

  public let keys: [Ed25519PublicKey]

  public init(keys: [Ed25519PublicKey]) throws(Malformed) {
    for (index, key) in keys.enumerated() where keys[..<index].contains(key) { throw .sameKeyTwice(id: key.id) }
    self.keys = keys
  }

  /// Checks a new approval of `order` against those that were taken before.
  public func check(
    _ approval: PayoutApproval, of order: PayoutOrder, after earlier: [PayoutApproval]
  ) throws(ApprovalRefusal) {
    guard keys.contains(approval.key) else { throw .unknownKey(id: approval.key.id) }
    guard approval.isGenuine else { throw .forged(keyID: approval.key.id) }
    guard approval.digest == order.digest else { throw .otherBatch(digest: approval.digest) }
    if earlier.contains(where: { $0.key == approval.key && $0.decision == approval.decision }) {
      throw .alreadyGiven(keyID: approval.key.id)
    }
  }

  /// What the approvals that are stored for `order` amount to. Each is verified again, so that what was written into
  /// the store by other hands counts for nothing.
  public func tally(_ approvals: [PayoutApproval], of order: PayoutOrder) -> ApprovalTally {
    var taken: [PayoutApproval] = []
    var tally = ApprovalTally()
    for approval in approvals {
      do throws(ApprovalRefusal) {
        try check(approval, of: order, after: taken)
        taken.append(approval)
      } catch {
        tally.refused.append(error)
      }
    }
    tally.rejectedBy = taken.filter { $0.decision == .reject }.map(\.key)
    tally.approvedBy = taken.filter { $0.decision == .approve }.map(\.key).filter { !tally.rejectedBy.contains($0) }
    return tally
  }
}

/// The state of a vote. One rejection ends it; who approved may still reject, for as long as the batch waits.
public struct ApprovalTally: Equatable, Sendable {
  public var approvedBy: [Ed25519PublicKey] = []
  public var rejectedBy: [Ed25519PublicKey] = []
  public var refused: [ApprovalRefusal] = []

  /// What the batch is told.
  public var event: PayoutEvent {
    guard let first = rejectedBy.first else { return .approved(count: approvedBy.count) }
    return .disapproved(reason: "rejected by the approver with the key \(first.id)")
  }
}
