/// One way in for bytes from outside, driven as the program drives it.
public struct FuzzTarget: Sendable {
  public let name: String
  /// Longer inputs tell nothing new.
  public let byteLimit: Int
  /// What it throws besides `Broken` is the input refused, as it may be.
  private let take: @Sendable (_ input: [UInt8]) throws -> Void

  init(_ name: String, upTo byteLimit: Int = 4096, _ take: @escaping @Sendable (_ input: [UInt8]) throws -> Void) {
    self.name = name
    self.byteLimit = byteLimit
    self.take = take
  }

  /// Takes any bytes, and must neither stop the process, take long nor keep much.
  public func run(_ input: [UInt8]) throws(Broken) {
    do {
      try take(input)
    } catch let broken as Broken {
      throw broken
    } catch {
      // Refused.
    }
  }

  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A promise that an input made us break.
public struct Broken: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

func promise(_ isKept: Bool, _ what: @autoclosure () -> String) throws(Broken) {
  guard isKept else { throw Broken(what()) }
}

extension FuzzTarget {
  public static let all: [FuzzTarget] =
    stratum + doors + [journal] + nodes + files + texts + yaml + http + webSockets
}
