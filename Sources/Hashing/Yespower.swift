import Stratum

/// yespower 0.5 and 1.0: scrypt's table with pwxform, a transform of multiplications and look-ups, for most of Salsa20.
///
/// Source: A. Peslyak, "yespower" (specification and reference implementation, versions 0.5 and 1.0).
enum Yespower {
  /// The hash of `input`, a block header of 80 bytes in practice. Takes 128 · r · (N + 1) bytes of `scratch` and a
  /// little more: 2 MiB to 16 MiB.
  static func hash(
    _ input: UnsafeRawBufferPointer, _ parameters: YespowerParameters, scratch: HashScratch
  ) -> Hash256 {
    parameters.personalisation.withUnsafeBytes { personalisation in
      switch parameters.version {
      case .v05: hashV05(input, parameters, personalisation, scratch)
      case .v10: hashV10(input, parameters, personalisation, scratch)
      }
    }
  }

  private static func hashV05(
    _ input: UnsafeRawBufferPointer, _ parameters: YespowerParameters, _ personalisation: UnsafeRawBufferPointer,
    _ scratch: HashScratch
  ) -> Hash256 {
    var mix = YespowerMix<PwxTransformV05>(parameters, scratch)
    HMACSHA256(key: SHA256.hash(input)).derive(salt: input, into: mix.row)
    let key = Hash256(at: mix.rowStart)
    mix.run()
    let hash = HMACSHA256(key: key).derive(salt: UnsafeRawBufferPointer(mix.row))
    guard !personalisation.isEmpty else { return hash }
    return HMACSHA256(key: hash).authenticate(personalisation).withBytes { SHA256.hash($0) }
  }

  private static func hashV10(
    _ input: UnsafeRawBufferPointer, _ parameters: YespowerParameters, _ personalisation: UnsafeRawBufferPointer,
    _ scratch: HashScratch
  ) -> Hash256 {
    var mix = YespowerMix<PwxTransformV10>(parameters, scratch)
    HMACSHA256(key: SHA256.hash(input)).derive(salt: personalisation, into: mix.seed)
    let message = Hash256(at: mix.rowStart)
    mix.run()
    let last = UnsafeRawBufferPointer(rebasing: mix.row.suffix(SalsaBlock.byteCount))
    return message.withBytes { HMACSHA256(key: last).authenticate($0) }
  }
}
