import Stratum

/// The forms of an address on the ZION chain.
///
/// `ZION_` + 40 hex (RIPEMD-160 of the SHA-256 of the public key), the old `ZION_` + 32 hex, and accounts that the
/// configuration names.
public struct ZionAddresses: Sendable, Equatable {
  /// Names that are no hashes: the recipients of fees, the operator.
  public let accounts: Set<String>

  public init(accounts: Set<String>) { self.accounts = accounts }

  /// The one spelling under which an address is credited: upper-case hex, names as configured.
  /// - Throws: what is wrong, and what was expected.
  public func canonical(_ text: String) throws(AddressError) -> String {
    if accounts.contains(text) { return text }
    let prefix = "ZION_"
    guard text.utf8.count <= AddressError.longestShown, text.hasPrefix(prefix) else {
      throw .notZion(String(text.prefix(AddressError.longestShown)))
    }
    let digits = text.dropFirst(prefix.count)
    guard digits.utf8.count == 40 || digits.utf8.count == 32, Hex.decode(digits) != nil else {
      throw .notZion(text)
    }
    return prefix + digits.uppercased()
  }
}

/// Why a text is not an address.
public enum AddressError: Error, Equatable, Sendable {
  case notZion(String)
  /// The node says that it is none.
  case notOfThisChain(String)

  static let longestShown = 128
}

extension AddressError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notZion(let text):
      "'\(text)' is not a ZION address: expected ZION_ and 40 (or 32) hex digits"
    case .notOfThisChain(let text):
      "'\(text)' is not an address of this chain: use one that your own wallet made for it"
    }
  }
}

/// Whether miners' addresses can be paid, as a node says; remembers answers, within bounds.
public actor AddressBook {
  private let node: any ChainNode
  /// `nil` on chains whose addresses only the node knows.
  private let zion: ZionAddresses?
  private let limit: Int
  private var young: [String: [UInt8]?] = [:]
  private var old: [String: [UInt8]?] = [:]

  /// - Parameter limit: addresses remembered; twice as many while old ones are forgotten.
  public init(node: any ChainNode, zion: ZionAddresses?, limit: Int = 20_000) {
    self.node = node
    self.zion = zion
    self.limit = max(1, limit)
  }

  /// The spelling under which `text` is credited, and the script that pays it.
  /// - Throws: `AddressFailure.invalid` for what can never be paid, `.node` when nobody can say now.
  public func resolve(_ text: String) async throws(AddressFailure) -> (address: String, script: [UInt8]) {
    let address: String
    if let zion {
      do throws(AddressError) {
        address = try zion.canonical(text)
      } catch {
        throw .invalid(error)
      }
    } else {
      // No address of any known chain is longer; the node need not be asked.
      guard text.utf8.count <= AddressError.longestShown else {
        throw .invalid(.notOfThisChain(String(text.prefix(AddressError.longestShown))))
      }
      address = text
    }
    guard let script = try await script(for: address) else { throw .invalid(.notOfThisChain(address)) }
    return (address, script)
  }

  private func script(for address: String) async throws(AddressFailure) -> [UInt8]? {
    if let known = young[address] { return known }
    if let known = old[address] {
      remember(address, known)
      return known
    }
    do throws(NodeError) {
      let script = try await node.scriptPubKey(for: address)
      remember(address, script)
      return script
    } catch {
      throw .node(error)
    }
  }

  /// Whether a text can only be meant as an address, of this chain or another: known without a node.
  public static func isSurelyAddress(_ text: String) -> Bool { AddressChecksum.holds(in: text) }

  private func remember(_ address: String, _ script: [UInt8]?) {
    if young.count >= limit {
      old = young
      young = [:]
    }
    young[address] = script
  }
}

/// Why an address could not be resolved.
public enum AddressFailure: Error, Equatable, Sendable {
  case invalid(AddressError)
  case node(NodeError)
}
