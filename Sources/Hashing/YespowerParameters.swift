/// What makes one coin's yescrypt or yespower differ from another's.
public struct YespowerParameters: Hashable, Sendable {
  /// Which of the two incompatible functions.
  public enum Version: Hashable, Sendable {
    /// What coins call yescrypt: 6 rounds over 8 KiB of boxes, Salsa20/8, the personalisation hashed in at the end.
    case v05
    /// yespower proper: 3 rounds over 96 KiB of boxes that are written too, Salsa20/2, the personalisation as salt.
    case v10
  }

  public let version: Version
  /// N, the number of rows in the table: a power of two.
  public let rowCount: Int
  /// r, the size of a row in units of 128 bytes.
  public let rowSize: Int
  /// Empty for none.
  public let personalisation: [UInt8]

  /// `rowCount` is a power of two from 1,024 to 524,288 and `rowSize` from 8 to 32, as in the specification.
  public init(version: Version, rowCount: Int, rowSize: Int, personalisation: String = "") {
    precondition((1024...524_288).contains(rowCount) && rowCount & (rowCount - 1) == 0, "N is a power of two")
    precondition((8...32).contains(rowSize), "r is from 8 to 32")
    self.version = version
    self.rowCount = rowCount
    self.rowSize = rowSize
    self.personalisation = Array(personalisation.utf8)
  }

  public static let yescrypt = YespowerParameters(version: .v05, rowCount: 2048, rowSize: 8)
  public static let yescryptR8 = YespowerParameters(
    version: .v05, rowCount: 2048, rowSize: 8, personalisation: "Client Key")
  public static let yescryptR16 = YespowerParameters(
    version: .v05, rowCount: 4096, rowSize: 16, personalisation: "Client Key")
  public static let yescryptR32 = YespowerParameters(
    version: .v05, rowCount: 4096, rowSize: 32, personalisation: "WaviBanana")
  public static let yespower = YespowerParameters(version: .v10, rowCount: 2048, rowSize: 32)
  public static let yespowerR16 = YespowerParameters(version: .v10, rowCount: 4096, rowSize: 16)
}
