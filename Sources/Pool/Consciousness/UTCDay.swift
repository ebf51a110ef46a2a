import Stratum

/// A day of the UTC calendar from 1970-01-01 to 2106-02-07, as far as `UnixTime` goes.
public struct UTCDay: Hashable, Sendable, Comparable {
  /// Days since 1970-01-01.
  public let number: Int32

  static let last: Int32 = 49_710

  public init(_ time: UnixTime) { number = Int32(time.seconds / 86_400) }

  /// `nil` outside the range.
  public init?(number: Int64) {
    guard (0...Int64(Self.last)).contains(number) else { return nil }
    self.number = Int32(number)
  }

  /// From `2026-11-24`; `nil` for anything that is no day of the range in exactly this form.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      guard bytes[range].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
      return bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      (1970...2106).contains(year), (1...12).contains(month), (1...Self.length(of: month, in: year)).contains(day)
    else { return nil }
    let years = (1970..<year).reduce(0) { $0 + (Self.isLeap($1) ? 366 : 365) }
    let months = (1..<month).reduce(0) { $0 + Self.length(of: $1, in: year) }
    self.init(number: Int64(years + months + day - 1))
  }

  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// `nil` outside the range.
  func shifted(by days: Int64) -> UTCDay? { UTCDay(number: Int64(number) + days) }

  public static func < (a: UTCDay, b: UTCDay) -> Bool { a.number < b.number }
}
