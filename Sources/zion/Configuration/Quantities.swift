import Stratum

/// What is wrong with a piece of text, and what to write instead.
struct Wrong: Error, Equatable {
  /// `“15 parsecs” is not a duration`
  let what: String
  /// Follows “write”: `a number with ms, s, m or h, such as 15s`
  let instead: String

  init(_ what: String, _ instead: String) {
    self.what = what
    self.instead = instead
  }
}

/// How values are written in configuration files.
enum Quantity {
  /// Seconds, from `500ms`, `15s`, `2m`, `1h`.
  static func seconds(_ text: String, in range: ClosedRange<Double>) throws(Wrong) -> Double {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)]
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = plainNumber(text.dropLast(unit.count))
    else {
      throw Wrong("“\(text)” is not a duration", "a number with ms, s, m or h, such as \(written(range.lowerBound))")
    }
    let seconds = number * factor
    guard range.contains(seconds) else {
      throw Wrong("\(text) is out of range", "\(written(range.lowerBound)) to \(written(range.upperBound))")
    }
    return seconds
  }

  /// A fraction, from `3%` or `0.5 %`.
  ///
  /// - Parameter word: what may stand there too, for the message.
  static func fraction(_ text: String, in range: ClosedRange<Double>, or word: String? = nil) throws(Wrong) -> Double {
    guard text.hasSuffix("%"), let number = plainNumber(text.dropLast().trimming()) else {
      throw Wrong("“\(text)” is not a percentage", "a number with %, such as 3%\(word.map { ", or \($0)" } ?? "")")
    }
    guard range.contains(number / 100) else {
      throw Wrong("\(text) is out of range", "\(shown(range.lowerBound * 100))% to \(shown(range.upperBound * 100))%")
    }
    return number / 100
  }

  /// Hundredths of a percent, from `10`, `0.33` or `0.33%`: exact, without floating point.
  static func basisPoints(_ text: String) throws(Wrong) -> Int {
    let wrong = Wrong("“\(text)” is not a percentage of 0 to 99.99", "such as 0.33, or by-year")
    let digits = text.hasSuffix("%") ? text.dropLast().trimming() : text[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard plainNumber(digits) != nil, parts.count <= 2, let whole = Int(parts[0]), whole < 100 else { throw wrong }
    guard parts.count == 2 else { return whole * 100 }
    guard (1...2).contains(parts[1].count), let fraction = Int(parts[1]) else { throw wrong }
    return whole * 100 + (parts[1].count == 1 ? fraction * 10 : fraction)
  }

  static func difficulty(_ text: String) throws(Wrong) -> Difficulty {
    guard let number = Double(text), let difficulty = try? Difficulty(number) else {
      throw Wrong("“\(text)” is not a difficulty", "a number above 0, such as 1024")
    }
    return difficulty
  }

  static func integer(_ text: String, in range: ClosedRange<Int>) throws(Wrong) -> Int {
    guard let number = Int(text) else {
      throw Wrong("“\(text)” is not a whole number", "\(range.lowerBound) to \(range.upperBound)")
    }
    guard range.contains(number) else {
      throw Wrong("\(number) is out of range", "\(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Days, from `90d`.
  static func days(_ text: String, in range: ClosedRange<Int>) throws(Wrong) -> Int {
    guard text.hasSuffix("d"), let number = Int(text.dropLast()), text.first?.isNumber == true else {
      throw Wrong("“\(text)” is not a number of days", "a whole number with d, such as 90d")
    }
    guard range.contains(number) else {
      throw Wrong("\(text) is out of range", "\(range.lowerBound)d to \(range.upperBound)d")
    }
    return number
  }

  static func number(_ text: String, in range: ClosedRange<Double>) throws(Wrong) -> Double {
    guard let number = plainNumber(text[...]), range.contains(number) else {
      throw Wrong("“\(text)” is not a number of \(shown(range.lowerBound)) to \(shown(range.upperBound))", "such as 70")
    }
    return number
  }

  /// Hashes per second, from `1.5 TH/s`.
  static func hashrate(_ text: String) throws(Wrong) -> Double {
    let units = [
      ("kH/s", 1e3), ("MH/s", 1e6), ("GH/s", 1e9), ("TH/s", 1e12), ("PH/s", 1e15), ("EH/s", 1e18), ("H/s", 1),
    ]
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = plainNumber(text.dropLast(unit.count).trimming())
    else {
      throw Wrong("“\(text)” is not a speed", "a number with H/s, kH/s, MH/s, GH/s, TH/s, PH/s or EH/s, such as 5 TH/s")
    }
    return number * factor
  }

  static func boolean(_ text: String) throws(Wrong) -> Bool {
    switch text.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw Wrong("“\(text)” is neither true nor false", "true or false")
    }
  }

  /// Digits with at most one point: no sign, no exponent, no `inf`.
  private static func plainNumber(_ text: Substring) -> Double? {
    guard text.first?.isASCII == true, text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }) else { return nil }
    return Double(text)
  }

  /// A duration as it would be written: `500ms`, `15s`, `2m`.
  static func written(_ seconds: Double) -> String {
    if seconds >= 3600, seconds.truncatingRemainder(dividingBy: 3600) == 0 { return "\(shown(seconds / 3600))h" }
    if seconds > 60, seconds.truncatingRemainder(dividingBy: 60) == 0 { return "\(shown(seconds / 60))m" }
    return seconds > 0 && seconds < 1 ? "\(shown(seconds * 1000))ms" : "\(shown(seconds))s"
  }

  /// Without a point where there is nothing behind it.
  static func shown(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

extension StringProtocol {
  /// Without spaces and line ends at either end.
  func trimming() -> Substring {
    let text = Substring(self).drop(while: \.isWhitespace)
    guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return text[...last]
  }
}
