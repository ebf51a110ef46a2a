import Synchronization

/// The scripts that pay miners' addresses, for those who cannot wait for a node's answer: what was resolved when a
/// miner logged in. Bounded; what is asked for stays longest.
public final class PayeeScripts: Sendable {
  private let fixed: [String: [UInt8]]
  private let limit: Int
  private let known = Mutex(Known())

  private struct Known {
    var young: [String: [UInt8]] = [:]
    var old: [String: [UInt8]] = [:]
  }

  /// - Parameters:
  ///   - fixed: never forgotten.
  ///   - limit: addresses remembered; twice as many while old ones are forgotten.
  public init(fixed: [String: [UInt8]] = [:], limit: Int = 100_000) {
    self.fixed = fixed
    self.limit = max(1, limit)
  }

  public func remember(_ script: [UInt8], paying address: String) {
    guard fixed[address] == nil else { return }
    known.withLock { remember(script, address, in: &$0) }
  }

  public func script(paying address: String) -> [UInt8]? {
    if let script = fixed[address] { return script }
    return known.withLock { known in
      if let script = known.young[address] { return script }
      guard let script = known.old[address] else { return nil }
      remember(script, address, in: &known)
      return script
    }
  }

  private func remember(_ script: [UInt8], _ address: String, in known: inout Known) {
    if known.young[address] == nil, known.young.count >= limit {
      known.old = known.young
      known.young = [:]
    }
    known.young[address] = script
  }
}
