import Hashing
import Stratum

/// A miner's wish to be paid from another amount on, to be signed by the miner.
public struct ThresholdChange: Equatable, Sendable {
  public var address: String
  public var threshold: AtomicUnits
  /// When it was signed. Of several the latest counts.
  public var signedAt: UnixTime

  public init(address: String, threshold: AtomicUnits, signedAt: UnixTime) {
    (self.address, self.threshold, self.signedAt) = (address, threshold, signedAt)
  }

  /// A message counts for this long, by the pool's clock, before and after the time that it names.
  public static let validSeconds: UInt32 = 600

  /// The bytes to sign: four lines, without a line end behind the last: `zion-threshold-1`, the address, the amount in
  /// atomic units, the time in seconds since 1970.
  public var message: [UInt8] {
    Array("zion-threshold-1\n\(address)\n\(threshold.value)\n\(signedAt.seconds)".utf8)
  }

  /// Whether the miner may have it.
  /// - Parameters:
  ///   - registered: keys that the address registered. A ZION address of 40 digits needs none: it names its own key.
  ///   - last: when the change was signed that was last accepted for the address.
  ///   - minimum: the least threshold of the pool.
  public func verify(
    _ signature: [UInt8], by key: Ed25519PublicKey, registered: [Ed25519PublicKey], last: UnixTime?,
    minimum: AtomicUnits, at now: UnixTime
  ) throws(ThresholdRefusal) {
    // Lines of one message must not be lines of another.
    guard !address.isEmpty, address.utf8.allSatisfy({ (33...126).contains($0) }) else { throw .malformedAddress }
    guard registered.contains(key) || key.owns(zionAddress: address) else {
      throw .strangeKey(id: key.id, address: address)
    }
    guard key.verifies(signature, of: message) else { throw .wrongSignature(keyID: key.id) }
    let distance = max(now, signedAt).seconds - min(now, signedAt).seconds
    guard distance <= Self.validSeconds else { throw .wrongTime(signedAt: signedAt, now: now) }
    if let last, signedAt <= last { throw .notNewer(than: last) }
    guard threshold >= minimum else { throw .tooLow(minimum: minimum) }
  }
}

extension Ed25519PublicKey {
  /// Whether `address` is `ZION_` and RIPEMD160(SHA256(key)) in 40 hex digits.
  public func owns(zionAddress address: String) -> Bool {
    let prefix = "ZION_"
    guard address.hasPrefix(prefix), address.utf8.count == prefix.utf8.count + 40,
      let digest = Hex.decode(address.dropFirst(prefix.count))
    else { return false }
    return digest == ripemd160(sha256(bytes))
  }
}

/// Why a threshold stays as it is.
public enum ThresholdRefusal: Error, Equatable, Sendable {
  case malformedAddress
  case strangeKey(id: String, address: String)
  case wrongSignature(keyID: String)
  case wrongTime(signedAt: UnixTime, now: UnixTime)
  case notNewer(than: UnixTime)
  case tooLow(minimum: AtomicUnits)
}

extension ThresholdRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformedAddress: "the address has characters that no address has"
    case .strangeKey(let id, let address):
      "the key \(id) is not that of \(address), nor registered for it: sign with the address's own key, or ask the "
        + "operator to register this one"
    case .wrongSignature(let id): "the signature is not the key \(id)'s over this message"
    case .wrongTime(let signedAt, let now):
      "the message is of \(signedAt.seconds), and the pool's clock shows \(now.seconds): sign again, and send it within "
        + "\(ThresholdChange.validSeconds / 60) minutes"
    case .notNewer(let last): "a message of \(last.seconds) was accepted already: sign a new one"
    case .tooLow(let minimum): "the pool pays from \(minimum.value) atomic units on"
    }
  }
}
