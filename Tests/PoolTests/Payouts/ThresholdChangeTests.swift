import Hashing
import Stratum
import Testing

@testable import Pool

struct ThresholdChangeTests {
  private let now = Sample.start

  private func key(_ number: UInt8 = 1) throws -> Ed25519PrivateKey {
    try #require(Ed25519PrivateKey(seed: [UInt8](repeating: number, count: 32)))
  }

  private func address(of key: Ed25519PrivateKey) -> String {
    "ZION_\(Hex.encode(ripemd160(sha256(key.publicKey.bytes))).uppercased())"
  }

  private func change(_ address: String, _ threshold: Int64 = 5_000_000, after seconds: Int64 = 0) -> ThresholdChange {
    ThresholdChange(address: address, threshold: AtomicUnits(threshold), signedAt: now.advanced(by: seconds))
  }

  private func refusal(
    _ change: ThresholdChange, by key: Ed25519PrivateKey, signature: [UInt8]? = nil,
    registered: [Ed25519PublicKey] = [], last: UnixTime? = nil
  ) -> ThresholdRefusal? {
    do throws(ThresholdRefusal) {
      try change.verify(
        signature ?? key.signature(of: change.message), by: key.publicKey, registered: registered, last: last,
        minimum: AtomicUnits(1_000_000), at: now)
      return nil
    } catch {
      return error
    }
  }

  @Test func `the message is what a miner can write by hand`() {
    let change = ThresholdChange(
      address: "ZION_00", threshold: AtomicUnits(5_000_000), signedAt: UnixTime(seconds: 1_800_000_000))
    #expect(String(decoding: change.message, as: UTF8.self) == "zion-threshold-1\nZION_00\n5000000\n1800000000")
  }

  @Test func `an address of 40 digits is changed by its own key, in either spelling`() throws {
    let key = try key()
    let address = address(of: key)
    #expect(refusal(change(address), by: key) == nil)
    #expect(refusal(change("ZION_" + address.dropFirst(5).lowercased()), by: key) == nil)
    let other = try self.key(2)
    #expect(refusal(change(address), by: other) == .strangeKey(id: other.publicKey.id, address: address))
    #expect(refusal(change(address), by: other, registered: [other.publicKey]) == nil)
  }

  @Test func `any other address needs a key that it registered`() throws {
    let key = try key()
    let digits = address(of: key).dropFirst(5)
    for address in ["ZION_\(digits.prefix(32))", "mnop", "\(digits)", "ZION_\(digits)0", "zion_\(digits)"] {
      #expect(refusal(change(address), by: key) == .strangeKey(id: key.publicKey.id, address: address))
      #expect(refusal(change(address), by: key, registered: [key.publicKey]) == nil)
    }
  }

  @Test func `a signature over anything else is refused`() throws {
    let key = try key()
    let address = address(of: key)
    let wrong = ThresholdRefusal.wrongSignature(keyID: key.publicKey.id)
    for other in [change(address, 5_000_001), change(address, after: 1), change("ZION_0")] {
      #expect(refusal(change(address), by: key, signature: key.signature(of: other.message)) == wrong)
    }
    #expect(
      refusal(change(address), by: key, signature: try self.key(2).signature(of: change(address).message)) == wrong)
    #expect(refusal(change(address), by: key, signature: []) == wrong)
  }

  @Test func `a message holds for ten minutes, and once`() throws {
    let key = try key()
    let address = address(of: key)
    for seconds in [-600, 600] as [Int64] { #expect(refusal(change(address, after: seconds), by: key) == nil) }
    for seconds in [-601, 601, -2_000_000_000, 3_000_000_000] as [Int64] {
      let late = change(address, after: seconds)
      #expect(refusal(late, by: key) == .wrongTime(signedAt: late.signedAt, now: now))
    }
    #expect(refusal(change(address), by: key, last: now) == .notNewer(than: now))
    let later = now.advanced(by: 5)
    #expect(refusal(change(address), by: key, last: later) == .notNewer(than: later))
    #expect(refusal(change(address), by: key, last: now.advanced(by: -1)) == nil)
  }

  @Test func `less than the pool's least, and lines within an address, are refused`() throws {
    let key = try key()
    let address = address(of: key)
    for threshold in [999_999, 0, -1, .min] as [Int64] {
      #expect(refusal(change(address, threshold), by: key) == .tooLow(minimum: AtomicUnits(1_000_000)))
    }
    #expect(refusal(change(address, 1_000_000), by: key) == nil)
    for address in ["", "a\nb", "a b", "ä", "a\u{7f}"] {
      #expect(refusal(change(address), by: key, registered: [key.publicKey]) == .malformedAddress)
    }
  }
}
