import Stratum

extension YespowerParameters {
  /// `nil` for algorithms of other families.
  public init?(_ algorithm: Algorithm) {
    switch algorithm {
    case .yescrypt: self = .yescrypt
    case .yescryptR8: self = .yescryptR8
    case .yescryptR16: self = .yescryptR16
    case .yescryptR32: self = .yescryptR32
    case .yespower: self = .yespower
    case .yespowerR16: self = .yespowerR16
    case .sha256d, .scrypt, .cosmicHarmony, .kawpow: return nil
    }
  }
}
