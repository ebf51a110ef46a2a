/// Seeds as they are written on a command line: `7` or `1...200`.
public struct SeedRange: Equatable, Sendable {
  public let seeds: ClosedRange<UInt64>

  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
    switch (parts.count, text.contains("...")) {
    case (1, false):
      guard let seed = parts[0] else { return nil }
      seeds = seed...seed
    case (2, true):
      guard let first = parts[0], let last = parts[1], first <= last else { return nil }
      seeds = first...last
    default: return nil
    }
  }
}
