import Stratum

/// Who takes a share of every block before the miners, and how much in which year.
///
/// Source: design.md §6.
public struct FeeSchedule: Sendable, Equatable {
  /// A recipient: who it is for people, and the script that pays it.
  public struct Recipient: Sendable, Equatable {
    public var account: String
    public var script: [UInt8]

    public init(account: String, script: [UInt8]) {
      self.account = account
      self.script = script
    }
  }

  /// A fee that is the same in every year.
  public struct Fixed: Sendable, Equatable {
    public var recipient: Recipient
    public var basisPoints: UInt32

    public init(_ recipient: Recipient, basisPoints: UInt32) {
      self.recipient = recipient
      self.basisPoints = basisPoints
    }
  }

  /// Takes what `humanitarianBasisPoints` says; `nil` for none.
  public var humanitarian: Recipient?
  public var fixed: [Fixed]

  public init(humanitarian: Recipient?, fixed: [Fixed]) {
    self.humanitarian = humanitarian
    self.fixed = fixed
  }

  public static let none = FeeSchedule(humanitarian: nil, fixed: [])
  public static let developmentBasisPoints: UInt32 = 100
  public static let genesisBasisPoints: UInt32 = 33
  public static let poolBasisPoints: UInt32 = 100

  /// 10, 12, 15, 18, 20 % in 2025 to 2029, and 25 % from 2030 on.
  public static func humanitarianBasisPoints(inYear year: Int) -> UInt32 {
    switch year {
    case ...2025: 1000
    case 2026: 1200
    case 2027: 1500
    case 2028: 1800
    case 2029: 2000
    default: 2500
    }
  }

  /// The outputs of a block of that time.
  public func outputs(at time: UnixTime) -> [FeeOutput] {
    var outputs: [FeeOutput] = []
    if let humanitarian {
      outputs.append(
        FeeOutput(
          account: humanitarian.account, script: humanitarian.script,
          basisPoints: Self.humanitarianBasisPoints(inYear: time.year)))
    }
    return outputs
      + fixed.map {
        FeeOutput(account: $0.recipient.account, script: $0.recipient.script, basisPoints: $0.basisPoints)
      }
  }
}

extension UnixTime {
  /// The year in UTC.
  public var year: Int {
    var days = Int(seconds / 86_400)
    var year = 1970
    while true {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let length = isLeap ? 366 : 365
      if days < length { return year }
      days -= length
      year += 1
    }
  }
}
