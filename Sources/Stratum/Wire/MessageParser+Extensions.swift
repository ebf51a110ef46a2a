extension MessageParser {
  /// `[[names], {options}]`. An option counts only when its extension is named. Source: BIP 310.
  static func extensions(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ExtensionRequest {
    try envelope.requireArray()
    guard envelope[0].kind == .array, envelope[1].isNothing || envelope[1].kind == .object else {
      throw .wrongParameters("mining.configure needs [[extension names], {options}]")
    }
    try envelope.requirePlain(from: 2, "mining.configure")
    let options = try Options(envelope[1], line)
    var request = ExtensionRequest()
    var names = JSONItems(of: envelope[0], stringLimit: Limits.stringBytes)
    var count = 0
    while let item = try names.next(in: line) {
      guard item.kind == .string else {
        throw .wrongParameters("mining.configure: extension names must be strings")
      }
      count += 1
      guard count <= Limits.parameterCount else { throw .tooManyParameters }
      let name = try item.text(in: line)
      switch name {
      case "version-rolling": request.versionRolling = try options.versionRolling(line)
      case "minimum-difficulty": request.minimumDifficulty = try options.minimumDifficulty(line)
      case "subscribe-extranonce": request.subscribeExtranonce = true
      default:
        // The answer has the name as a key, beside keys such as `version-rolling.mask`.
        guard !name.isEmpty, name.utf8.allSatisfy(isOfNames) else {
          throw .wrongParameters("mining.configure: extension names must be of letters, digits, - and _")
        }
        if !request.others.contains(name) { request.others.append(name) }
      }
    }
    return request
  }

  private static func isOfNames(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// The options that we know; others belong to extensions that we answer `false`.
  private struct Options {
    private var mask = JSONValue.absent
    private var minimumBitCount = JSONValue.absent
    private var minimumDifficultyValue = JSONValue.absent

    init(_ object: JSONValue, _ line: RawSpan) throws(WireError) {
      var members = JSONMembers(of: object, stringLimit: Limits.stringBytes)
      while let (key, value) = try members.next(in: line) {
        if key.equals("version-rolling.mask", in: line) { mask = value }
        if key.equals("version-rolling.min-bit-count", in: line) { minimumBitCount = value }
        if key.equals("minimum-difficulty.value", in: line) { minimumDifficultyValue = value }
      }
    }

    func versionRolling(_ line: RawSpan) throws(WireError) -> ExtensionRequest.VersionRolling {
      guard let mask = mask.isNothing ? UInt32.max : mask.hexWord(in: line) else {
        throw .wrongParameters("mining.configure: version-rolling.mask must be 1 to 8 hex digits")
      }
      guard let count = minimumBitCount.isNothing ? 0 : minimumBitCount.integer(in: line), (0...32).contains(count)
      else { throw .wrongParameters("mining.configure: version-rolling.min-bit-count must be 0 to 32") }
      return .init(mask: mask, minimumBitCount: count)
    }

    /// Zero is BIP 310's way to ask for no minimum, and becomes the least difficulty that there is.
    func minimumDifficulty(_ line: RawSpan) throws(WireError) -> Difficulty {
      guard let value = minimumDifficultyValue.number(in: line), value >= 0 else {
        throw .wrongParameters("mining.configure: minimum-difficulty.value must be a finite number, not negative")
      }
      return Difficulty(clamping: value)
    }
  }
}
