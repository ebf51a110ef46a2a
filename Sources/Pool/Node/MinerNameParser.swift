import Stratum

/// Reads the user name that a miner authorizes with: `ADDRESS`, `ADDRESS.worker`, either with `+algorithm`.
public enum MinerNameParser {
  public struct Name: Equatable, Sendable {
    public var identity: MinerIdentity
    /// What follows the last `+`, when it names an algorithm.
    public var algorithm: Algorithm?
  }

  public enum Malformed: Error, Equatable, Sendable {
    case noAddress
    case worker(String)
    case algorithm(String)
  }

  /// The address is not judged here; see `AddressBook`.
  public static func parse(_ user: String) throws(Malformed) -> Name {
    var rest = Substring(user)
    var algorithm: Algorithm?
    if let plus = rest.lastIndex(of: "+") {
      let word = rest[rest.index(after: plus)...]
      guard let known = Algorithm(named: word) else { throw .algorithm(String(word.prefix(64))) }
      algorithm = known
      rest = rest[..<plus]
    }
    let dot = rest.firstIndex(of: ".")
    let account = rest[..<(dot ?? rest.endIndex)]
    guard !account.isEmpty else { throw .noAddress }
    var worker: Substring = ""
    if let dot {
      worker = rest[rest.index(after: dot)...]
      guard (1...64).contains(worker.utf8.count), worker.utf8.allSatisfy(isWorkerCharacter) else {
        throw .worker(String(worker.prefix(64)))
      }
    }
    return Name(identity: MinerIdentity(account: String(account), worker: String(worker)), algorithm: algorithm)
  }

  private static func isWorkerCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension MinerNameParser.Malformed: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noAddress: "the user name is empty: expected ADDRESS or ADDRESS.worker"
    case .worker(let text):
      "'\(text)' cannot name a worker: expected 1 to 64 letters, digits, dots, underscores or dashes after ADDRESS."
    case .algorithm(let text):
      "'\(text)' after + is no algorithm here: expected \(Algorithm.allCases.map(\.rawValue).joined(separator: ", "))"
    }
  }
}
